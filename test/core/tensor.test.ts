import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { BackendError, DisposedError, KompaktError, ShapeError } from '../../src/core/errors';
import { apply, defineOp, type Op } from '../../src/core/op';
import { runReference } from '../../src/core/run-reference';
import { memory } from '../../src/core/tensor';
import { arange, full, tensor, zeros } from '../../src/ops/create';
import { add } from '../../src/ops/elementwise';
import { broadcastTo, reshape, slice, transpose } from '../../src/ops/shape-ops';
import { settled } from '../setup/collect';

describe('reading', () => {
  it('gives a fresh typed array in row-major order, from any layout', async () => {
    const x = transpose(reshape(arange(6), [2, 3]));
    expect(x.dataSync()).toEqual(new Float32Array([0, 3, 1, 4, 2, 5]));
    expect(await x.data()).toEqual(new Float32Array([0, 3, 1, 4, 2, 5]));
    expect(await x.toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(slice(arange(5), [3], [1], [-1]).dataSync()).toEqual(new Float32Array([3, 2]));
    expect(tensor([true, false]).dataSync()).toEqual(new Uint8Array([1, 0]));
  });

  it('of one element is a number', () => {
    expect(tensor([[4]]).item()).toBe(4);
    expect(tensor(4).toArraySync()).toBe(4);
    expect(() => zeros([2]).item()).toThrow(ShapeError);
    expect(() => zeros([2]).item()).toThrow('item: the tensor has 2 elements, shape [2].');
  });

  it('tells the shape', () => {
    const x = zeros([2, 0, 3]);
    expect([x.rank, x.size, x.isContiguous]).toEqual([3, 0, true]);
    expect(x.toArraySync()).toEqual([[], []]);
  });
});

describe('disposing', () => {
  it('gives memory back once, with the last view', () => {
    const before = memory();
    const x = zeros([4, 4]);
    const y = transpose(x);
    expect(memory()).toEqual({ tensors: before.tensors + 2, bytes: before.bytes + 64 });
    x.dispose();
    x.dispose();
    expect(memory()).toEqual({ tensors: before.tensors + 1, bytes: before.bytes + 64 });
    y.dispose();
    expect(memory()).toEqual(before);
  });

  it('makes every use an error that says so', async () => {
    const x = zeros([2]);
    x.dispose();
    expect(x.isDisposed).toBe(true);
    for (const use of [
      () => x.dataSync(),
      () => x.toArraySync(),
      () => add(x, 1),
      () => transpose(x),
      () => x.item(),
      () => reshape(x, [1, 2]),
    ]) {
      if (use.toString().includes('item')) expect(use).toThrow(KompaktError);
      else expect(use).toThrow(DisposedError);
    }
    await expect(x.data()).rejects.toThrow(
      /This float32 tensor of shape \[2\] was disposed, by dispose\(\), by 'using', or by the end of the scope/,
    );
    expect(x.shape).toEqual([2]);
  });

  it("happens at the end of a 'using' block", () => {
    const before = memory().tensors;
    const x = zeros([1]);
    {
      using y = add(x, 1);
      expect(y.item()).toBe(1);
    }
    expect(memory().tensors - before).toBe(1);
    x.dispose();
  });

  it('happens at last to what is abandoned', async () => {
    await settled();
    const before = memory();
    (() => {
      for (let i = 0; i < 50; i++) transpose(full([1000, 10], i));
    })();
    expect(memory().tensors).toBeGreaterThanOrEqual(before.tensors + 100);
    for (let tries = 0; tries < 200 && memory().tensors > before.tensors; tries++) {
      await settled();
    }
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
  });
});

describe('printing', () => {
  it('shows dtype, shape and elements', () => {
    expect(
      inspect(
        tensor([
          [1, 2.5],
          [3, 4],
        ]),
      ),
    ).toBe('Tensor float32 [2, 2]\n[[1, 2.5],\n [3, 4]]');
    expect(String(tensor(7))).toBe('Tensor float32 []\n7');
    expect(String(tensor([true, false]))).toBe('Tensor bool [2]\n[true, false]');
    expect(String(tensor([0.1, NaN, -Infinity]))).toBe('Tensor float32 [3]\n[0.1, NaN, -Infinity]');
    expect(String(zeros([0]))).toBe('Tensor float32 [0]\n[]');
  });

  it('leaves out the middle of what is long', () => {
    expect(String(arange(2000))).toBe('Tensor float32 [2000]\n[0, 1, 2, …, 1997, 1998, 1999]');
    expect(String(broadcastTo(0, [1000, 2])).split('\n')).toHaveLength(8);
    expect(String(arange(1000))).not.toContain('…');
  });

  it('does not fail where the elements are out of reach', () => {
    const x = zeros([2]);
    x.dispose();
    expect(String(x)).toBe('Tensor float32 [2] (disposed)');
    const far = zeros([2], { backend: remote() });
    expect(String(far)).toBe('Tensor float32 [2] on far away (await data() to read it)');
  });
});

/** A backend whose memory the host can't see, as on a GPU, and without a single kernel. */
function remote(): Backend {
  const near = reference();
  const backend: Backend = {
    ...near,
    name: 'far away',
    readSync: () => {
      throw new BackendError('not without waiting');
    },
    host: () => null,
    run: (op, inputs, out, attrs) => runReference(backend, op, inputs, out, attrs),
  };
  return backend;
}

describe('an operation', () => {
  it('without a kernel, on memory out of reach, says whose and which', () => {
    const x = zeros([2], { backend: remote() });
    expect(() => add(x, 1)).toThrow(BackendError);
    expect(() => add(x, 1)).toThrow(
      "add: backend 'far away' has no kernel for it (shape [2], float32), and its memory can't be read in place.",
    );
  });

  it('needs a tensor, and does not run on nothing', () => {
    let runs = 0;
    const op: Op<undefined> = defineOp({
      name: 'count',
      infer: ([x]) => x!,
      reference: () => {
        runs++;
      },
    });
    expect(() => apply(op, [], undefined)).toThrow('count: an operation needs at least one tensor.');
    apply(op, [zeros([0, 3])], undefined);
    expect(runs).toBe(0);
    apply(op, [zeros([1])], undefined);
    expect(runs).toBe(1);
  });
});

describe('errors', () => {
  it('are of one family, named', () => {
    const error = new ShapeError('x');
    expect(error).toBeInstanceOf(KompaktError);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('ShapeError: x');
  });
});
