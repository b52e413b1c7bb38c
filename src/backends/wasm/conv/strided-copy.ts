import { type FunctionRef, i32, i64, type Local, type ModuleBuilder } from '../assembler/index';
import type { KernelContext } from '../kernel';

type I32 = Local<'i32'>;
type Four = readonly [number, number, number, number];

interface CopyExports {
  copy(
    to: number,
    from: number,
    n0: number,
    n1: number,
    n2: number,
    n3: number,
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    s0: number,
    s1: number,
    s2: number,
    s3: number,
  ): void;
}

/** Copies a block of up to four axes between two strided places; strides in bytes. */
export function copyStrided(
  context: KernelContext,
  bytes: number,
  shape: Four,
  to: { readonly address: number; readonly strides: Four },
  from: { readonly address: number; readonly strides: Four },
): void {
  const { copy } = context.module<CopyExports>(`copy-strided-${bytes}`, (m) => emitCopy(m, bytes));
  copy(to.address, from.address, ...shape, ...to.strides, ...from.strides);
}

/** Nested loops around a copy of one element. */
function emitCopy(m: ModuleBuilder, bytes: number): FunctionRef<'void'> {
  return m.func(
    'copy',
    Array.from({ length: 14 }, () => 'i32' as const),
    'void',
    (f, ...all) => {
      const [to, from, ...rest] = all as unknown as [I32, I32, ...I32[]];
      const axis = (level: number, target: I32, source: I32): void => {
        const count = f.local('i32', rest[level]!);
        const t = f.local('i32', target);
        const s = f.local('i32', source);
        f.while(count, () => {
          if (level < 3) axis(level + 1, t, s);
          else if (bytes === 8) f.do(i64.store(t, i64.load(s)));
          else if (bytes === 4) f.do(i32.store(t, i32.load(s)));
          else f.do(i32.store8(t, i32.load8U(s)));
          f.increment(t, rest[4 + level]!);
          f.increment(s, rest[8 + level]!);
          f.set(count, i32.sub(count, 1));
        });
      };
      axis(0, to, from);
    },
  );
}
