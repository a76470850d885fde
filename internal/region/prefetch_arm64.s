#include "textflag.h"

// func prefetch(p unsafe.Pointer)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVD	p+0(FP), R0
	PRFM	(R0), PLDL1KEEP
	PRFM	64(R0), PLDL1KEEP
	RET

// func prefetchRange(p unsafe.Pointer, n uint64)
TEXT ·prefetchRange(SB), NOSPLIT, $0-16
	MOVD	p+0(FP), R0
	MOVD	n+8(FP), R1
next:
	PRFM	(R0), PLDL1KEEP
	ADD	$64, R0
	SUBS	$64, R1
	BHI	next
	RET

// func prefetchAll(ps *Ptr, n int)
TEXT ·prefetchAll(SB), NOSPLIT, $0-16
	MOVD	ps+0(FP), R1
	MOVD	n+8(FP), R2
next:
	MOVD.P	8(R1), R0
	PRFM	(R0), PLDL1KEEP
	PRFM	64(R0), PLDL1KEEP
	SUBS	$1, R2
	BNE	next
	RET
