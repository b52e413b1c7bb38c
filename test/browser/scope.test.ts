import { add, grad, memory, mul, scope, sum, type Tensor, tensor } from 'kompakt';
import { describe, expect, it } from 'vitest';

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** How many more tensors are alive after `f`. */
async function kept(f: () => unknown): Promise<number> {
  const before = memory().tensors;
  await f();
  return memory().tensors - before;
}

// A browser can't follow a scope across `await`; see docs/decisions/0003-async-scopes.md.
describe('a scope in a browser', () => {
  it('has nothing to follow it across awaits with', () => {
    const host = globalThis as { process?: { getBuiltinModule?: unknown } };
    expect(host.process?.getBuiltinModule).toBeUndefined();
  });

  it('frees what synchronous code made, also when it throws', async () => {
    expect(await kept(() => scope(() => add(mul(2, 3), 1).item()))).toBe(0);
    const fails = () => {
      add(1, 2);
      throw new Error('no');
    };
    expect(await kept(() => expect(() => scope(fails)).toThrow('no'))).toBe(0);
  });

  it('frees gradients and what they needed', async () => {
    const x = tensor([1, 2, 3]);
    const f = grad((t: Tensor) => sum(mul(t, t)));
    expect(await kept(() => expect(scope(() => f(x).toArraySync())).toEqual([2, 4, 6]))).toBe(0);
    x.dispose();
  });

  it('frees what async code made before its first await, and keeps what it returns', async () => {
    let early: Tensor | undefined;
    const result = await scope(async () => {
      early = tensor([1]);
      const late = add(early, 1);
      await pause();
      return late;
    });
    expect(early!.isDisposed).toBe(true);
    expect(result.toArraySync()).toEqual([2]);
    result.dispose();
  });

  it('does not touch what is made after an await: it might be anyone else’s', async () => {
    let late: Tensor | undefined;
    await scope(async () => {
      await pause();
      late = tensor([1]);
    });
    expect(late!.isDisposed).toBe(false);
    late!.dispose();
  });

  it('frees what is made after an await inside handle.run', async () => {
    const made: Tensor[] = [];
    await scope(async (handle) => {
      await pause();
      handle.run(() => made.push(tensor([1]), add(1, 2)));
      await pause();
      handle.run(() => made.push(mul(made[0]!, 2)));
      expect(made.some((t) => t.isDisposed)).toBe(false);
    });
    expect(made.map((t) => t.isDisposed)).toEqual([true, true, true]);
  });

  it('leaves alone what other tasks make while it waits', async () => {
    let release = () => {};
    const waiting = scope(async () => {
      tensor([1]);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    const mine = tensor([2]);
    const other = scope(async () => {
      const t = tensor([3]);
      await pause();
      return t;
    });
    release();
    await waiting;
    const theirs = await other;
    expect([mine.isDisposed, theirs.isDisposed]).toEqual([false, false]);
    mine.dispose();
    theirs.dispose();
  });

  it('frees when its promise is rejected', async () => {
    const fails = async () => {
      tensor([1]);
      await pause();
      throw new Error('no');
    };
    expect(await kept(() => expect(scope(fails)).rejects.toThrow('no'))).toBe(0);
  });
});
