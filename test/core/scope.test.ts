import { describe, expect, it } from 'vitest';
import { scope } from '../../src/core/scope';
import { memory, type Tensor } from '../../src/core/tensor';
import { tensor, zeros } from '../../src/ops/create';
import { add, mul } from '../../src/ops/elementwise';
import { transpose } from '../../src/ops/shape-ops';
import { settled } from '../setup/collect';

const pause = (timeMs = 1) => new Promise<void>((resolve) => setTimeout(resolve, timeMs));

/** How many more tensors are alive after `f`. */
function kept(f: () => unknown): number {
  const before = memory().tensors;
  f();
  return memory().tensors - before;
}

async function keptAsync(f: () => Promise<unknown>): Promise<number> {
  await settled();
  const before = memory().tensors;
  await f();
  return memory().tensors - before;
}

describe('a scope', () => {
  it('frees what it made, and keeps what it returns, wherever that is', () => {
    const made: Tensor[] = [];
    const make = () => {
      made.push(zeros([1]));
      return made.at(-1)!;
    };
    class Holder {
      readonly held = make();
    }
    const out = scope(() => {
      make();
      return {
        a: [make()],
        map: new Map([['k', make()]]),
        set: new Set([make()]),
        holder: new Holder(),
        n: 3,
        text: 'x',
        none: null,
      };
    });
    expect(made.map((t) => t.isDisposed)).toEqual([true, false, false, false, false]);
    expect(out.n).toBe(3);
    for (const t of made) t.dispose();
  });

  it('leaves what was made outside', () => {
    const x = tensor([1]);
    expect(kept(() => scope(() => add(x, 1).item()))).toBe(0);
    expect(x.isDisposed).toBe(false);
  });

  it('keeps a returned view although it frees what it views', () => {
    const y = scope(() =>
      transpose(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    );
    expect(y.toArraySync()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('inside another leaves its result to that one', () => {
    let inner: Tensor | undefined;
    const total = kept(() =>
      scope(() => {
        inner = scope(() => add(mul(2, 3), 1));
        expect(inner.item()).toBe(7);
      }),
    );
    expect(total).toBe(0);
    expect(inner!.isDisposed).toBe(true);
  });

  it('frees everything when it throws, and passes the error on', () => {
    expect(
      kept(() =>
        expect(() =>
          scope(() => {
            zeros([2]);
            throw new RangeError('mine');
          }),
        ).toThrow('mine'),
      ),
    ).toBe(0);
    // The next tensor belongs to no scope.
    expect(kept(() => zeros([1]))).toBe(1);
  });

  it('frees what is left of thousands, most of which were disposed by hand', () => {
    const before = memory().tensors;
    const kept = scope(() => {
      const some: Tensor[] = [];
      for (let i = 0; i < 5000; i++) {
        const t = zeros([1]);
        if (i % 100 === 0) some.push(t);
        else if (i % 7 > 0) t.dispose();
      }
      expect(memory().tensors - before).toBeGreaterThan(700);
      return some;
    });
    expect(memory().tensors - before).toBe(50);
    for (const t of kept) t.dispose();
  });

  it('does not mind what was disposed by hand', () => {
    expect(kept(() => scope(() => zeros([1]).dispose()))).toBe(0);
  });
});

describe('an async scope', () => {
  it('follows its function across awaits', async () => {
    const count = await keptAsync(async () => {
      const y = await scope(async () => {
        const x = tensor([1, 2]);
        await pause();
        const z = mul(x, 2);
        await Promise.resolve();
        return add(z, 1);
      });
      expect(y.toArraySync()).toEqual([3, 5]);
    });
    expect(count).toBe(1);
  });

  it('keeps apart from others that run at the same time, and from none', async () => {
    let outside: Tensor | undefined;
    const work = (timeMs: number) =>
      scope(async () => {
        const mine = zeros([1]);
        await pause(timeMs);
        expect(mine.isDisposed).toBe(false);
        zeros([1]);
        await pause(timeMs);
        return add(mine, timeMs);
      });
    // Held until after counting: otherwise the collector may take them before.
    let results: Tensor[] = [];
    const count = await keptAsync(async () => {
      const pending = [work(5), work(1), work(9)];
      outside = zeros([1]);
      results = await Promise.all(pending);
    });
    expect(count).toBe(4);
    expect(results.map((t) => t.item())).toEqual([5, 1, 9]);
    expect(outside!.isDisposed).toBe(false);
  });

  it('nests, sync in async and async in async', async () => {
    const count = await keptAsync(() =>
      scope(async () => {
        const a = await scope(async () => {
          await pause();
          return scope(() => add(zeros([1]), 1));
        });
        await pause();
        expect(a.isDisposed).toBe(false);
        return scope(() => mul(a, 2)).item();
      }),
    );
    expect(count).toBe(0);
  });

  it('frees everything when it rejects', async () => {
    const count = await keptAsync(async () => {
      await expect(
        scope(async () => {
          zeros([1]);
          await pause();
          zeros([1]);
          throw new RangeError('late');
        }),
      ).rejects.toThrow('late');
    });
    expect(count).toBe(0);
  });

  it('lends its handle to code that runs elsewhere', async () => {
    let entered: (() => void) | undefined;
    const elsewhere = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let run: ((f: () => Tensor) => Tensor) | undefined;
    const inside = scope(async (handle) => {
      run = (f) => handle.run(f);
      await elsewhere;
    });
    const stray = zeros([1]);
    const caught = run!(() => zeros([1]));
    entered!();
    await inside;
    expect(stray.isDisposed).toBe(false);
    expect(caught.isDisposed).toBe(true);
    stray.dispose();
  });

  it('takes any thenable', async () => {
    class Eventually {
      // biome-ignore lint/suspicious/noThenProperty: that it is thenable is what is tested.
      then(done: (t: Tensor) => void): void {
        done(zeros([1]));
      }
    }
    const y = await scope(() => new Eventually() as PromiseLike<Tensor>);
    expect(y.isDisposed).toBe(false);
    y.dispose();
  });
});
