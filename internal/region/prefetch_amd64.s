#include "textflag.h"

// func prefetch(p unsafe.Pointer)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVQ	p+0(FP), AX
	PREFETCHT0	(AX)
	PREFETCHT0	64(AX)
	RET

// func prefetchRange(p unsafe.Pointer, n uint64)
TEXT ·prefetchRange(SB), NOSPLIT, $0-16
	MOVQ	p+0(FP), AX
	MOVQ	n+8(FP), CX
next:
	PREFETCHT0	(AX)
	ADDQ	$64, AX
	SUBQ	$64, CX
	JHI	next
	RET

// func prefetchAll(ps *Ptr, n int)
TEXT ·prefetchAll(SB), NOSPLIT, $0-16
	MOVQ	ps+0(FP), SI
	MOVQ	n+8(FP), CX
next:
	MOVQ	(SI), AX
	PREFETCHT0	(AX)
	PREFETCHT0	64(AX)
	ADDQ	$8, SI
	DECQ	CX
	JNZ	next
	RET
