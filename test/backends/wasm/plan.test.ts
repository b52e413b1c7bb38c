import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { f32, i32 } from '../../../src/backends/wasm/assembler/index';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { addressOf } from '../../../src/backends/wasm/kernel';
import { placeSpans } from '../../../src/backends/wasm/plan/place';
import { addressOfSlot, offsetInSlot, slotOf } from '../../../src/backends/wasm/plan/slots';
import { emitTask, type TaskContext, type TaskKernel } from '../../../src/backends/wasm/task';
import type { BlockRole, Primitive, ProgramBlock, ProgramNode, ProgramOperand } from '../../../src/core/backend';
import { contiguousStrides, type Shape, sizeOf } from '../../../src/core/shape';
import { Tensor } from '../../../src/core/tensor';
import { forEachPosition } from '../../../src/core/view';

interface PlusAttrs {
  readonly by: number;
}

const plusCode = (context: TaskContext) =>
  context.code('plus', (m) =>
    emitTask(m, { words: ['a', 'b', 'out'], scalars: 1 }, (f, { a, b, out }, { begin, end, scalars: [by] }) => {
      const i = f.local('i32');
      f.for(i, i32.shl(begin, 2), i32.shl(end, 2), 4, () => {
        const sum = f32.add(f32.load(i32.add(a, i)), f32.load(i32.add(b, i)));
        f.do(f32.store(i32.add(out, i), f32.add(sum, f32.demote(by!))));
      });
    }),
  );

/** a + b + by on contiguous operands, by way of a workspace that holds b + by where `by` is odd. */
const plusTasks: TaskKernel<PlusAttrs> = ([a, b], out, { by }, context) => {
  const size = sizeOf(out.shape);
  const code = plusCode(context);
  const work = { units: size, cost: size * 1000, rowLength: 1 };
  if (by % 2 === 0) context.launch(code, [addressOf(a!), addressOf(b!), addressOf(out)], work, [by]);
  else {
    const zero = context.code('zero', (m) =>
      emitTask(m, { words: ['at'] }, (f, { at }, { begin, end }) => {
        const i = f.local('i32');
        f.for(i, begin, end, 1, () => f.do(f32.store(i32.add(at, i32.shl(i, 2)), 0)));
      }),
    );
    const between = context.workspace(4 * size);
    context.launch(zero, [between], { units: size, cost: size });
    context.launch(code, [between, addressOf(b!), between], work, [by]);
    context.launch(code, [addressOf(a!), between, addressOf(out)], work, [0]);
  }
  return true;
};

const plus: Primitive = {
  name: 'plus',
  kernel: plusTasks,
  elementwise: { scalars: ({ by }: PlusAttrs) => [by] },
  reference: () => expect.fail('the kernel must run'),
};
/** a + b + by without a kernel: the host does it. */
const hostPlus: Primitive = {
  name: 'hostPlus',
  reference([a, b], out, { by }: PlusAttrs) {
    forEachPosition(out.shape, [a!, b!, out], ([x, y, z]) => {
      out.data[z!] = a!.data[x!]! + b!.data[y!]! + by;
    });
  },
};

const N = 40;
const whole = (block: number, shape: Shape = [N]): ProgramOperand => ({
  block,
  dtype: 'float32',
  shape,
  strides: contiguousStrides(shape),
  offset: 0,
});
const blockWith = (role: BlockRole): ProgramBlock => ({ dtype: 'float32', length: N, role });
const node = (op: Primitive, a: number, b: number, out: number, by: number): ProgramNode => ({
  op,
  inputs: [whole(a), whole(b)],
  out: whole(out),
  attrs: { by },
});

const open: WasmBackend[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((b) => b.shutdown()));
});

function backendOf(threads: number): WasmBackend {
  const backend = new WasmBackend({ threads });
  open.push(backend);
  return backend;
}

const tensorOf = (backend: WasmBackend, values: readonly number[]): Tensor =>
  Tensor.from(backend, Float32Array.from(values), 'float32', [values.length]);

describe('plans', () => {
  it('compute random programs, whatever is a task or done by the host, and wherever inputs and outputs lie', () => {
    const step = fc.record({
      onHost: fc.boolean(),
      a: fc.nat(1000),
      b: fc.nat(1000),
      by: fc.nat(5),
      wanted: fc.boolean(),
    });
    const programs = fc.array(step, { minLength: 1, maxLength: 25 });
    const backends = [backendOf(1), backendOf(3)];
    fc.assert(
      fc.property(programs, fc.nat(1), (steps, which) => {
        const backend = backends[which]!;
        const constant = Float32Array.from({ length: N }, (_, i) => i % 3);
        const captured = tensorOf(backend, [...constant].reverse());
        const blocks: ProgramBlock[] = [
          blockWith({ kind: 'input', index: 0 }),
          blockWith({ kind: 'input', index: 1 }),
          blockWith({ kind: 'constant', data: constant }),
          blockWith({ kind: 'captured', operand: captured }),
        ];
        let outputs = 0;
        const nodes = steps.map(({ onHost, a, b, by, wanted }, i) => {
          const made = blocks.length;
          const isOutput = wanted || i === steps.length - 1;
          const inputs = [a % made, b % made] as const;
          blocks.push(blockWith(isOutput ? { kind: 'output', index: outputs++ } : { kind: 'temporary' }));
          return node(onHost ? hostPlus : plus, ...inputs, made, by);
        });
        const before = backend.arena.bytesInUse;
        const plan = backend.plan({ blocks, nodes });
        for (let call = 0; call < 3; call++) {
          const given = [0, 1].map((k) => Float32Array.from({ length: N }, (_, i) => ((i * (call + 2) + k) % 7) - 3));
          const inputs = given.map((x) => tensorOf(backend, [...x]));
          const results = Array.from({ length: outputs }, () => Tensor.allocate(backend, 'float32', [N]));
          plan.run(inputs, results);
          const values: Float32Array[] = [given[0]!, given[1]!, constant, Float32Array.from(constant).reverse()];
          for (const { inputs: xs, attrs } of nodes) {
            const [x, y] = xs.map(({ block }) => values[block]!) as [Float32Array, Float32Array];
            values.push(Float32Array.from(x, (v, i) => v + y[i]! + (attrs as PlusAttrs).by));
          }
          blocks.forEach(({ role }, b) => {
            if (role.kind === 'output') expect(results[role.index]!.dataSync()).toEqual(values[b]);
          });
          for (const t of [...inputs, ...results]) t.dispose();
        }
        plan.dispose();
        // Starting threads takes some memory for them, once.
        if (backend.threads === 1) expect(backend.arena.bytesInUse).toBe(before);
        captured.dispose();
      }),
      { numRuns: 150 },
    );
  });

  it('use memory again: a chain of temporaries needs room for a few of them', () => {
    const backend = backendOf(1);
    const blocks = [blockWith({ kind: 'input', index: 0 })];
    const nodes: ProgramNode[] = [];
    for (let i = 1; i <= 50; i++) {
      blocks.push(blockWith(i === 50 ? { kind: 'output', index: 0 } : { kind: 'temporary' }));
      nodes.push(node(plus, i - 1, i - 1, i, 1));
    }
    const plan = backend.plan({ blocks, nodes });
    // Forty floats take 192 bytes; the rest is parameters and steps.
    expect(plan.peakBytes).toBeLessThan(3 * 192 + 50 * 3 * (64 + 32) + 100);
    plan.dispose();
  });

  it('bring constants into another form once, and what is given anew at every call', () => {
    /** How often a preparation was run from JavaScript: only those done once are. */
    let prepared = 0;
    const counting: TaskKernel<PlusAttrs> = ([a, b], out, attrs, context) => {
      const { by } = attrs;
      const work = { units: N, cost: N };
      const code = plusCode(context);
      const packed = context.workspace(4 * N);
      const counted = {
        ...code,
        run: (...args: Parameters<typeof code.run>) => {
          prepared++;
          code.run(...args);
        },
      };
      context.launch(counted, [addressOf(b!), addressOf(b!), packed], { ...work, prepares: true }, [by]);
      context.launch(code, [addressOf(a!), packed, addressOf(out)], work, [0]);
      return true;
    };
    const op = { ...plus, kernel: counting };
    const backend = new WasmBackend({ threads: 1 });
    const constant = Float32Array.from({ length: N }, (_, i) => i);
    const blocks = [
      blockWith({ kind: 'input', index: 0 }),
      blockWith({ kind: 'constant', data: constant }),
      blockWith({ kind: 'temporary' }),
      blockWith({ kind: 'output', index: 0 }),
    ];
    // Twice the constant and 1, then twice the input and 2.
    const plan = backend.plan({ blocks, nodes: [node(op, 0, 1, 2, 1), node(op, 2, 0, 3, 2)] });
    expect(prepared).toBe(1);
    for (const shift of [0, 10]) {
      const x = tensorOf(
        backend,
        [...constant].map((v) => v + shift),
      );
      const y = Tensor.allocate(backend, 'float32', [N]);
      plan.run([x], [y]);
      expect(y.dataSync()).toEqual(constant.map((v) => 3 * (v + shift) + 2 * v + 3));
    }
    expect(prepared).toBe(1);
    plan.dispose();
  });

  it('keep nothing where memory runs out', () => {
    const backend = new WasmBackend({ threads: 1, maximumBytes: 2 ** 20 });
    const big = (role: BlockRole): ProgramBlock => ({ dtype: 'float32', length: 2 ** 19, role });
    const blocks = [big({ kind: 'input', index: 0 }), big({ kind: 'temporary' }), big({ kind: 'output', index: 0 })];
    const shape = [2 ** 19];
    const nodes = [1, 2].map((out) => ({
      op: plus,
      inputs: [whole(out - 1, shape), whole(out - 1, shape)],
      out: whole(out, shape),
      attrs: { by: 1 },
    }));
    const before = backend.arena.bytesInUse;
    expect(() => backend.plan({ blocks, nodes })).toThrow(/Out of memory: .* asked for/);
    expect(backend.arena.bytesInUse).toBe(before);
  });

  it('do nothing for results without elements', () => {
    const backend = backendOf(1);
    const blocks: ProgramBlock[] = [
      { dtype: 'float32', length: 0, role: { kind: 'input', index: 0 } },
      { dtype: 'float32', length: 0, role: { kind: 'output', index: 0 } },
    ];
    const nodes = [{ op: plus, inputs: [whole(0, [0]), whole(0, [0])], out: whole(1, [0]), attrs: { by: 0 } }];
    const plan = backend.plan({ blocks, nodes });
    const [x, y] = [tensorOf(backend, []), Tensor.allocate(backend, 'float32', [0])];
    expect(() => plan.run([x], [y])).not.toThrow();
  });
});

describe('slots', () => {
  it('are read off addresses, with the offset from their beginning', () => {
    for (const slot of [0, 1, 77, 32000]) {
      for (const offset of [0, 4, -8, 2 ** 32, -(2 ** 32)]) {
        const address = addressOfSlot(slot) + offset;
        expect([slotOf(address), offsetInSlot(address)]).toEqual([slot, offset]);
      }
    }
    expect([0, 1, -5, 2 ** 32 - 1].map(slotOf)).toEqual([-1, -1, -1, -1]);
    expect(() => addressOfSlot(2 ** 15)).toThrow('more than 32766 blocks');
  });
});

describe('placing', () => {
  it('keeps spans apart that are wanted at the same time, and stays within what it says it needs', () => {
    const span = fc
      .record({ bytes: fc.nat(5000), from: fc.nat(20), length: fc.nat(10) })
      .map(({ bytes, from, length }) => ({ bytes, from, to: from + length }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 40 }), (spans) => {
        const { offsets, bytes } = placeSpans(spans);
        spans.forEach((a, i) => {
          expect(offsets[i]! % 64).toBe(0);
          expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
          spans.forEach((b, j) => {
            const meet = i !== j && a.from <= b.to && b.from <= a.to;
            const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
            expect(!meet || apart || a.bytes === 0 || b.bytes === 0).toBe(true);
          });
        });
        const most = Math.max(
          0,
          ...spans.map((s) => spans.reduce((n, o) => n + (o.from <= s.from && o.to >= s.from ? o.bytes + 64 : 0), 0)),
        );
        expect(bytes).toBeLessThanOrEqual(2 * most + 64);
      }),
    );
  });
});
