import { describe, expect, it } from 'vitest';
import { ConfigError, FormatError } from '../../src/core/errors';
import { Nested, nestParams, withParams } from '../../src/estimator/params';
import { fromJSON, fromState, labelForm, labelsOfForm, type ModelState, toJSON } from '../../src/estimator/state';
import { tensor } from '../../src/ops/create';

describe('state as JSON', () => {
  it('keeps every bit of numbers and the kind of arrays', () => {
    const state = {
      type: 'T',
      numbers: [1 / 3, -0, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324],
      arrays: [Float64Array.of(0.1, Number.NaN, -0), Float32Array.of(0.1), Int32Array.of(-7), Uint8Array.of(255)],
      nested: { text: 'a', nothing: null, yes: true, empty: new Int16Array(0) },
    };
    const back = fromJSON(JSON.parse(JSON.stringify(toJSON(state)))) as unknown as typeof state;
    expect(back).toEqual(state);
    expect(Object.is(back.numbers[1], -0)).toBe(true);
    expect(back.arrays[0]).toBeInstanceOf(Float64Array);
  });

  it.each([[{ $array: 'Map', values: [] }], [{ $array: 'Float64Array' }], [{ $array: 'constructor', values: [1] }]])(
    'refuses %j',
    (json) => {
      expect(() => fromJSON(json)).toThrow(FormatError);
    },
  );

  it('makes models again, with those they are made of', () => {
    class Leaf {
      static readonly type = 'Leaf';
      constructor(readonly value: number) {}
      static fromState(state: ModelState): Leaf {
        return new Leaf(state.value as number);
      }
    }
    class Tree {
      static readonly type = 'Tree';
      constructor(readonly leaves: readonly Leaf[]) {}
      static fromState(state: ModelState, restore: (inner: ModelState) => Leaf): Tree {
        return new Tree((state.leaves as unknown as ModelState[]).map(restore));
      }
    }
    const state = {
      type: 'Tree',
      leaves: [
        { type: 'Leaf', value: 1 },
        { type: 'Leaf', value: 2 },
      ],
    };
    const made = fromState(state, [Tree, Leaf]) as Tree;
    expect(made.leaves.map((l) => l.value)).toEqual([1, 2]);
    expect(() => fromState(state, [Tree])).toThrow(/Leaf/);
    expect(() => fromState({ type: 'Bush' }, [Leaf])).toThrow(FormatError);
    expect(() => fromState(null as never, [Tree])).toThrow(FormatError);
  });

  it('remembers the form of labels', () => {
    expect(labelsOfForm(labelForm(Int8Array.of(1, 2)))).toEqual(new Int8Array(0));
    expect(labelsOfForm(labelForm(['a']))).toEqual([]);
    expect(labelsOfForm(labelForm(tensor([1], { dtype: 'int32' })))).toEqual(new Int32Array(0));
  });
});

describe('withParams', () => {
  class Inner {
    constructor(readonly options: { readonly C?: number } = {}) {}
  }
  class Outer {
    constructor(readonly options: { readonly estimator?: Inner; readonly n?: number } = {}) {}
  }

  it('copies, and reaches into what options hold', () => {
    const outer = new Outer({ estimator: new Inner({ C: 1 }), n: 3 });
    const changed = withParams(outer, { estimator__C: 5, n: 4 });
    expect(changed).toBeInstanceOf(Outer);
    expect(changed.options.estimator).toBeInstanceOf(Inner);
    expect([changed.options.estimator!.options.C, changed.options.n]).toEqual([5, 4]);
    expect([outer.options.estimator!.options.C, outer.options.n]).toEqual([1, 3]);
  });

  it('changes a replaced option, whatever the order of the names', () => {
    const fresh = new Inner({ C: 7 });
    const changed = withParams(new Outer({ estimator: new Inner() }), { estimator: fresh });
    expect(changed.options.estimator).toBe(fresh);
  });

  it('refuses a name that leads nowhere', () => {
    expect(() => withParams(new Outer({ n: 3 }), { n__C: 1 })).toThrow(ConfigError);
    expect(() => withParams(new Outer(), { other__C: 1 })).toThrow(/other/);
  });

  it('gathers names by their first part', () => {
    expect(nestParams({ a__b: 1, a__c__d: 2, e: 3, __f: 4 })).toEqual({
      a: new Nested({ b: 1, c__d: 2 }),
      e: 3,
      __f: 4,
    });
  });
});
