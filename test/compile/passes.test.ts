import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { shareCommon } from '../../src/compile/common-subexpressions';
import { foldConstants } from '../../src/compile/constant-folding';
import { removeDeadCode } from '../../src/compile/dead-code';
import { fuseElementwise } from '../../src/compile/fuse';
import type { FusedAttrs } from '../../src/compile/fused';
import { finish, type Graph } from '../../src/compile/graph';
import { schedule } from '../../src/compile/schedule';
import { trace } from '../../src/compile/trace';
import { shrinkUniform } from '../../src/compile/uniform-constants';
import type { Backend } from '../../src/core/backend';
import type { Expression } from '../../src/core/expression';
import {
  abs,
  add,
  broadcastTo,
  clip,
  exp,
  gelu,
  leakyRelu,
  matmul,
  mul,
  neg,
  relu,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '../../src/index';
import { hostScalar } from '../../src/ops/host-scalar';

const backend = reference();
const fusing: Backend = { ...backend, fuses: () => true };
const square = (n = 2) => ({ dtype: 'float32', shape: [n, n], strides: [n, 1] }) as const;

function graphOf(f: (...xs: Tensor[]) => unknown, count = 1): Graph {
  return trace(
    backend,
    Array.from({ length: count }, () => square()),
    (xs) => f(...xs),
  ).graph;
}
const names = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op.name);
const partsOf = (graph: Graph, n = 0): string[] => (graph.nodes[n]!.attrs as FusedAttrs).steps.map(({ op }) => op.name);

describe('dead code', () => {
  it('goes, with what only it needed', () => {
    const graph = graphOf((x) => {
      neg(exp(x));
      const y = relu(x);
      add(y, 1);
      return y;
    });
    expect(names(graph)).toEqual(['exp', 'neg', 'relu', 'add']);
    expect(names(removeDeadCode(graph))).toEqual(['relu']);
  });

  it('leaves what several results need', () => {
    expect(names(removeDeadCode(graphOf((x) => [exp(x), neg(exp(x))])))).toEqual(['exp', 'exp', 'neg']);
  });
});

describe('common subexpressions', () => {
  it('are computed once, whatever is made of them', () => {
    const graph = graphOf((x) => [add(exp(x), 1), mul(exp(x), exp(x))]);
    expect(names(shareCommon(graph))).toEqual(['exp', 'add', 'mul']);
  });

  it('need the same attributes, operands and layouts', () => {
    const graph = graphOf((x, y) => [clip(x, 0, 1), clip(x, 0, 2), clip(y, 0, 1), exp(x), exp(transpose(x))], 2);
    expect(shareCommon(graph).nodes).toHaveLength(5);
    expect(shareCommon(graphOf((x) => [add(x, 0), add(x, -0)])).nodes).toHaveLength(2);
    expect(shareCommon(graphOf((x) => [add(x, 2), add(x, 2)])).nodes).toHaveLength(1);
  });

  it('are not what two functions of the host say', () => {
    const two = (f: () => number, g: () => number) =>
      shareCommon(graphOf((x) => [hostScalar(f, sum(x)), hostScalar(g, sum(x))])).nodes.length;
    const one = () => 1;
    expect([two(one, one), two(one, () => 1)]).toEqual([2, 3]);
  });
});

describe('constant folding', () => {
  const fold = (f: (x: Tensor) => unknown) => {
    const kept: Tensor[] = [];
    const graph = removeDeadCode(foldConstants(graphOf(f), backend, kept));
    const values = kept.map((t) => [...t.dataSync()]);
    for (const t of kept) t.dispose();
    return { names: names(graph), values };
  };
  const constant = (x: Tensor, values: number | number[]): Tensor => tensor(values, { backend: x.backend });

  it('computes once what depends on constants alone', () => {
    const folded = fold((x) => mul(x, add(mul(constant(x, [1, 2]), 3), 1)));
    expect(folded.names).toEqual(['mul']);
    expect(folded.values).toContainEqual([4, 7]);
  });

  it('does not keep large results of small constants', () => {
    expect(fold((x) => sum(exp(broadcastTo(constant(x, 1), [100, 100])))).names).toEqual(['exp', 'sum']);
  });

  it('leaves functions of the host alone', () => {
    expect(
      fold((x) =>
        add(
          x,
          hostScalar(() => 1, constant(x, 1)),
        ),
      ).names,
    ).toEqual(['hostScalar', 'add']);
  });
});

describe('uniform constants', () => {
  const constant = (x: Tensor, values: number[]): Tensor => tensor(values, { backend: x.backend, shape: [2, 2] });
  const lengths = (f: (x: Tensor) => unknown): number[] =>
    shrinkUniform(graphOf(f)).blocks.flatMap(({ role, length }) => (role.kind === 'constant' ? [length] : []));

  it('become one element, read again and again', () => {
    const graph = shrinkUniform(graphOf((x) => add(x, transpose(constant(x, [3, 3, 3, 3])))));
    const { inputs } = graph.nodes[0]!;
    expect(inputs[1]).toMatchObject({ shape: [2, 2], strides: [0, 0], offset: 0 });
    expect(graph.blocks[inputs[1]!.block]).toMatchObject({ length: 1, role: { data: new Float32Array([3]) } });
    expect(lengths((x) => add(x, constant(x, [NaN, NaN, NaN, NaN])))).toEqual([1]);
  });

  it('stay where values differ, zeros by their sign too, where they are a result, and where others read them', () => {
    expect(lengths((x) => add(x, constant(x, [1, 1, 1, 2])))).toEqual([4]);
    expect(lengths((x) => add(x, constant(x, [0, 0, -0, 0])))).toEqual([4]);
    expect(
      lengths((x) => {
        const c = constant(x, [1, 1, 1, 1]);
        return [c, add(x, c)];
      }),
    ).toEqual([4]);
    expect(
      lengths((x) => {
        const c = constant(x, [1, 1, 1, 1]);
        return add(matmul(x, c), c);
      }),
    ).toEqual([4]);
  });
});

describe('fusing', () => {
  const fuse = (f: (...xs: Tensor[]) => unknown, count = 1, on = fusing): Graph =>
    fuseElementwise(shareCommon(graphOf(f, count)), on);

  it('joins chains and trees', () => {
    const chain = fuse((x) => neg(exp(add(x, 1))));
    expect([names(chain), partsOf(chain)]).toEqual([['fused'], ['add', 'exp', 'neg']]);
    const tree = fuse((x, y) => sub(mul(exp(x), y), neg(x)), 2);
    expect(names(tree)).toEqual(['fused']);
    expect(tree.nodes[0]!.inputs).toHaveLength(2);
  });

  it('joins what several operations read, where they all become one', () => {
    const diamond = fuse((x, y) => {
      const e = exp(x);
      const [a, b] = [mul(e, y), sub(e, neg(e))];
      return add(a, relu(b));
    }, 2);
    expect([names(diamond), partsOf(diamond)]).toEqual([['fused'], ['exp', 'mul', 'neg', 'sub', 'relu', 'add']]);
    expect(diamond.nodes[0]!.inputs).toHaveLength(2);
    const elsewhere = fuse((x) => {
      const e = exp(x);
      return matmul(add(neg(e), relu(e)), abs(e));
    });
    expect([names(elsewhere), partsOf(elsewhere, 1)]).toEqual([
      ['exp', 'fused', 'abs', 'matmul'],
      ['neg', 'relu', 'add'],
    ]);
    expect(
      names(
        fuse((x) => {
          const e = exp(x);
          return add(e, transpose(e));
        }),
      ),
    ).toEqual(['exp', 'add']);
  });

  it('stops at results, at what others read, at other shapes, and at other operations', () => {
    expect(
      names(
        fuse((x) => {
          const e = exp(x);
          return [e, neg(e)];
        }),
      ),
    ).toEqual(['exp', 'neg']);
    expect(
      names(
        fuse((x) => {
          const e = exp(x);
          return add(neg(e), sum(e));
        }),
      ),
    ).toEqual(['exp', 'sum', 'fused']);
    expect(names(fuse((x) => neg(broadcastTo(exp(x), [3, 2, 2]))))).toEqual(['exp', 'neg']);
    expect(names(fuse((x) => neg(transpose(exp(x)))))).toEqual(['exp', 'neg']);
    expect(names(fuse((x) => relu(neg(matmul(exp(x), x)))))).toEqual(['exp', 'matmul', 'fused']);
  });

  it('only joins what the backend has code for', () => {
    const only = { ...backend, fuses: (e: Expression) => e.kind === 'input' || !['exp'].includes(e.op) };
    expect(names(fuse((x) => neg(relu(exp(neg(add(x, 1))))), 1, only))).toEqual(['fused', 'exp', 'fused']);
    expect(names(fuse((x) => neg(exp(x)), 1, backend))).toEqual(['exp', 'neg']);
  });

  it('tells code generators the numbers and the cases', () => {
    const graph = fuse((x) => clip(leakyRelu(gelu(x, { approximate: true }), { negativeSlope: 0.5 }), null, 3));
    const { scalars, expression } = graph.nodes[0]!.attrs as FusedAttrs;
    expect(scalars).toEqual([0.5, -Infinity, 3]);
    expect(JSON.stringify(expression)).toContain('"op":"geluTanh"');
    expect(expression).toMatchObject({ op: 'clip', scalars: [1, 2], args: [{ op: 'leakyRelu', scalars: [0] }] });
  });

  it('keeps operations within what kernels take', () => {
    const long = fuse((x) => Array.from({ length: 100 }).reduce((y: Tensor) => neg(y), x));
    expect(long.nodes.length).toBeGreaterThan(1);
    expect(long.nodes.reduce((n, { attrs }) => n + ((attrs as FusedAttrs | undefined)?.steps?.length ?? 1), 0)).toBe(
      100,
    );
    const wide = fuse((...xs) => xs.reduce((a, b) => add(a, b)), 30);
    for (const { inputs } of wide.nodes) expect(inputs.length).toBeLessThanOrEqual(12);
    const numbers = fuse((x) => Array.from({ length: 12 }).reduce((y: Tensor) => clip(y, 0, 1), x));
    for (const { attrs } of numbers.nodes) expect((attrs as FusedAttrs).scalars.length).toBeLessThanOrEqual(16);
  });
});

describe('scheduling', () => {
  it('puts elementwise operations behind the product they are applied to', () => {
    const graph = graphOf((x) => {
      const [a, b] = [matmul(x, x), matmul(x, transpose(x))];
      return [relu(add(a, 1)), neg(b)];
    });
    expect(names(graph)).toEqual(['matmul', 'matmul', 'add', 'relu', 'neg']);
    expect(names(schedule(graph))).toEqual(['matmul', 'add', 'relu', 'matmul', 'neg']);
  });
});

describe('programs', () => {
  it('hold the blocks that are used, and number outputs', () => {
    const graph = removeDeadCode(
      graphOf((x, y) => {
        add(y, tensor([1, 2], { backend: x.backend }));
        return [x, exp(x)];
      }, 2),
    );
    const { program, outputs } = finish(graph);
    expect(program.blocks.map(({ role }) => role)).toEqual([
      { kind: 'input', index: 0 },
      { kind: 'output', index: 0 },
    ]);
    expect(outputs).toHaveLength(1);
  });
});
