import {
  type Arg,
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i32,
  i64,
  type Local,
  type ModuleBuilder,
  memory,
} from '../assembler/index';
import * as at from './layout';
import { emitChunk, nextIndex } from './program';

/** What the main thread calls. */
export interface LeaderExports {
  /** Starts the program at a step, doing on the spot what one thread must do, up to a step that has several chunks. */
  begin(index: number): void;
  /** Takes part until the program stops: the index of the host's step, or why it returned earlier: FAILED_THREAD, WAITING. */
  join(spins: number, mayWait: number): number;
}

export const FAILED_THREAD = -1;
export const WAITING = -2;

const EVERYONE = 0x7fffffff;
/** How long the main thread sleeps before it looks whether the others still live, in nanoseconds. */
const NAP_NS = 20_000_000;

const word = (offset: number): number => at.CONTROL + offset;
const load = (offset: number): Expr<'i32'> => i32.atomicLoad(word(offset));
const store = (offset: number, value: Arg<'i32'>): Expr<'void'> => i32.atomicStore(word(offset), value);
const low = (state: Local<'i64'>): Expr<'i32'> => i32.wrap(state);

/** Emits what threads do with a program; see `layout.ts` for the protocol. */
export function buildCrew(m: ModuleBuilder): void {
  const table = m.tableOf(['i32', 'i32', 'i32', 'i32'], 'void');
  const chunk = emitChunk(m, table);
  const publish = emitPublish(m);
  const proceed = emitProceed(m, chunk, publish);
  m.func('begin', ['i32'], 'void', (f, index) => f.do(f.call(proceed, index, 0)));
  m.func('join', ['i32', 'i32'], 'i32', (f, spins, mayWait) => {
    const worker = f.local('i32', 0);
    participate(
      f,
      { chunk, proceed, worker, spins },
      {
        idle: (state, left, looked) => {
          f.if(i32.eq(low(state), i32.const(at.STOPPED | 0)), () => f.return(load(at.CURRENT)));
          f.if(load(at.FAILED), () => f.return(i32.const(FAILED_THREAD)));
          f.if(i32.eqz(left), () => {
            f.if(i32.eqz(mayWait), () => f.return(i32.const(WAITING)));
            f.do(store(at.MAIN_SLEEPS, 1));
            const seen = f.local('i32', load(at.PROGRESS));
            f.if(i64.eq(i64.atomicLoad(word(at.STATE)), state), () => {
              const woken = memory.wait32(word(at.PROGRESS), seen, i64.const(NAP_NS));
              f.if(i32.eq(woken, 2), () => {
                f.do(store(at.MAIN_SLEEPS, 0));
                f.return(i32.const(WAITING));
              });
            });
            f.do(store(at.MAIN_SLEEPS, 0));
            looked();
          });
        },
      },
    );
  });
  m.func('serve', ['i32', 'i32', 'i32'], 'i32', (f, worker, spins, loaded) => {
    participate(
      f,
      { chunk, proceed, worker, spins },
      {
        ready: () => f.if(i32.gtU(load(at.CODES), loaded), () => f.return(i32.const(1))),
        idle: (state, left, looked) => {
          f.if(load(at.QUIT), () => f.return(i32.const(0)));
          f.if(i32.eqz(left), () => {
            f.drop(i32.atomicAdd(word(at.SLEEPERS), 1));
            const seen = f.local('i32', load(at.SIGNAL));
            const unchanged = i64.eq(i64.atomicLoad(word(at.STATE)), state);
            f.if(i32.and(unchanged, i32.eqz(load(at.QUIT))), () =>
              f.drop(memory.wait32(word(at.SIGNAL), seen, i64.const(-1))),
            );
            f.drop(i32.atomicSub(word(at.SLEEPERS), 1));
            looked();
          });
        },
      },
    );
  });
}

/** `publish(low)`: a new epoch with these claims, and everybody who sleeps is woken. */
function emitPublish(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func('publish', ['i32'], 'void', (f, claims) => {
    const epoch = i64.add(i64.shrU(i64.atomicLoad(word(at.STATE)), i64.const(32)), i64.const(1));
    f.do(i64.atomicStore(word(at.STATE), i64.or(i64.shl(epoch, i64.const(32)), i64.extendI32U(claims))));
    f.if(i32.and(i32.ne(load(at.SLEEPERS), 0), i32.ne(claims, i32.const(at.STOPPED | 0))), () => wake(f, at.SIGNAL));
    f.if(load(at.MAIN_SLEEPS), () => wake(f, at.PROGRESS));
  });
}

function wake(f: FunctionBuilder, offset: number): void {
  f.drop(i32.atomicAdd(word(offset), 1));
  f.drop(memory.notify(word(offset), EVERYONE));
}

/** `proceed(index, worker)`: what comes at a step when all before it is done. Only one thread at a time is here. */
function emitProceed(m: ModuleBuilder, chunk: FunctionRef<'void'>, publish: FunctionRef<'void'>): FunctionRef<'void'> {
  return m.func('proceed', ['i32', 'i32'], 'void', (f, index, worker) => {
    const step = f.local('i32');
    f.loop((again) => {
      f.set(step, i32.add(load(at.STEPS), i32.mul(index, at.STEP_BYTES)));
      const claims = f.local('i32', i32.const(at.STOPPED | 0));
      f.if(i32.eq(i32.load(step, at.KIND), at.TASK), () => {
        f.set(claims, i32.load(step, at.CHUNKS));
        f.if(i32.eq(claims, 1), () => {
          f.do(f.call(chunk, step, 0, worker));
          nextIndex(f, index, step);
          f.br(again);
        });
      });
      f.do(store(at.DONE, 0));
      f.do(store(at.CURRENT, index));
      f.do(f.call(publish, claims));
    });
  });
}

interface Participant {
  readonly chunk: FunctionRef<'void'>;
  readonly proceed: FunctionRef<'void'>;
  readonly worker: Local<'i32'>;
  readonly spins: Local<'i32'>;
}

interface Habits {
  /** Before claiming. */
  ready?(): void;
  /** With nothing to claim. `left` counts down to 0 while looking again and again; `looked` starts it anew. */
  idle(state: Local<'i64'>, left: Local<'i32'>, looked: () => void): void;
}

/**
 * Claims chunks and does them, for ever: the main thread and those of even number from the front, the others from the
 * back, so that two threads keep to their halves from step to step.
 */
function participate(f: FunctionBuilder, { chunk, proceed, worker, spins }: Participant, habits: Habits): void {
  const state = f.local('i64');
  const [front, back, mine, index, step, count, left] = f.locals('i32', 7);
  const fromBack = f.local('i32', i32.and(worker, 1));
  const claimed = f.local('i64');
  f.set(left, spins);
  f.loop((again) => {
    f.set(state, i64.atomicLoad(word(at.STATE)));
    f.set(front, i32.and(i32.shrU(low(state), 16), 0xffff));
    f.set(back, i32.and(low(state), 0xffff));
    f.if(i32.ltU(front, back), () => {
      habits.ready?.();
      f.set(index, load(at.CURRENT));
      f.set(step, i32.add(load(at.STEPS), i32.mul(index, at.STEP_BYTES)));
      f.if(
        fromBack,
        () => {
          f.set(mine, i32.sub(back, 1));
          f.set(claimed, i64.sub(state, i64.const(1)));
        },
        () => {
          f.set(mine, front);
          f.set(claimed, i64.add(state, i64.const(65536)));
        },
      );
      f.if(i64.eq(i64.atomicCompareExchange(word(at.STATE), state, claimed), state), () => {
        f.set(count, i32.load(step, at.CHUNKS));
        f.do(f.call(chunk, step, mine, worker));
        f.if(i32.eq(i32.add(i32.atomicAdd(word(at.DONE), 1), 1), count), () => {
          nextIndex(f, index, step);
          f.do(f.call(proceed, index, worker));
        });
        f.set(left, spins);
      });
      f.br(again);
    });
    habits.idle(state, left, () => f.set(left, spins));
    f.set(left, i32.sub(left, 1));
    f.br(again);
  });
  // Never reached: the loop is left by returning.
  f.result(i32.const(0));
}
