# A worker (see protocol.go) for stores that Perl has. Arguments: module, directory, number, how many workers.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($module, $dir, $number, $workers) = @ARGV;

# Each store is a function that opens it and returns two more: one that gets the value of a key, one that stores it.
my %open = (
	'Hash::SharedMem' => sub {
		require Hash::SharedMem;
		my $h = Hash::SharedMem::shash_open("$dir/store", 'rwc');
		my ($get, $set) = (\&Hash::SharedMem::shash_get, \&Hash::SharedMem::shash_set);
		return (sub { $get->($h, $_[0]) }, sub { $set->($h, $_[0], $_[1]) });
	},
	'Cache::FastMmap' => sub {
		require Cache::FastMmap;
		my $c = Cache::FastMmap->new(
			share_file => "$dir/store", init_file => $number == 0, serializer => '', unlink_on_exit => 0,
			cache_size => '64m', expire_time => 0
		);
		return (sub { $c->get($_[0]) }, sub { $c->set($_[0], $_[1]) });
	},
	'BerkeleyDB' => sub {
		require BerkeleyDB;
		no strict 'subs';
		my $env = BerkeleyDB::Env->new(
			-Home => $dir, -Cachesize => 64 << 20,
			-Flags => BerkeleyDB::DB_CREATE() | BerkeleyDB::DB_INIT_CDB() | BerkeleyDB::DB_INIT_MPOOL()
		) or die "BerkeleyDB: $BerkeleyDB::Error";
		my $db = BerkeleyDB::Hash->new(-Filename => 'store', -Env => $env, -Flags => BerkeleyDB::DB_CREATE())
			or die "BerkeleyDB: $BerkeleyDB::Error";
		return (sub { my $v; $db->db_get($_[0], $v); $v }, sub { $db->db_put($_[0], $_[1]) });
	},
	'LMDB_File' => sub {
		require LMDB_File;
		my $env = LMDB::Env->new($dir, {
			mapsize => 1 << 28, flags => LMDB_File::MDB_NOSYNC() | LMDB_File::MDB_WRITEMAP()
		});
		my $txn = $env->BeginTxn;
		my $dbi = $txn->OpenDB->dbi;
		$txn->commit;
		my $get = sub {
			my $t = $env->BeginTxn(LMDB_File::MDB_RDONLY());
			$t->get($dbi, $_[0], my $v);
			$t->abort;
			return $v;
		};
		my $set = sub {
			my $t = $env->BeginTxn;
			$t->put($dbi, $_[0], $_[1]);
			$t->commit;
		};
		return ($get, $set);
	},
);

open(my $file, '<', "$dir/entries") or die "$dir/entries: $!";
my (@keys, @values);
while (<$file>) {
	my ($k, $v) = split;
	push @keys, $k;
	push @values, $v;
}
my $at = int(@keys / $workers) * $number;

my ($get, $set) = $open{$module}->();

my %run = (
	read => sub { for (1 .. 64) { my $v = $get->($keys[$at]); defined $v or die "$keys[$at] is lost"; next_entry() } },
	write => sub { for (1 .. 64) { my $k = $keys[$at]; next_entry(); $set->($k, $values[$at]) } },
	half => sub {
		for (1 .. 32) {
			my $v = $get->($keys[$at]);
			defined $v or die "$keys[$at] is lost";
			next_entry();
			my $k = $keys[$at];
			next_entry();
			$set->($k, $values[$at]);
		}
	},
);
sub next_entry { $at = 0 if ++$at == @keys }

$| = 1;
print "ready\n";
while (my $line = <STDIN>) {
	if ($line eq "load\n") {
		$set->($keys[$_], $values[$_]) for 0 .. $#keys;
		print "loaded\n";
	} elsif ($line =~ /^run (\w+) (\d+)$/ && $run{$1}) {
		my ($do, $start, $n, $now) = ($run{$1}, clock_gettime(CLOCK_MONOTONIC), 0, 0);
		my $end = $start + $2 / 1000;
		do {
			$do->();
			$n += 64;
			$now = clock_gettime(CLOCK_MONOTONIC);
		} while ($now < $end);
		printf "%d %.0f\n", $n, ($now - $start) * 1e9;
	} else {
		die "what is $line";
	}
}
