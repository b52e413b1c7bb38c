import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rng } from '../../src/core/rng';
import { buildKdTree } from '../../src/neighbors/kd-tree';
import { euclidean } from '../../src/neighbors/metric';
import { nearest, nearestByEngine, treeIfCheaper } from '../../src/neighbors/nearest';
import { searchAll } from '../../src/neighbors/tree-search';

const gaussian = (rows: number, cols: number, seed = 'points') => {
  const rng = new Rng(seed);
  return { data: Float64Array.from({ length: rows * cols }, () => rng.gaussian()), rows, cols };
};

/** Points on a small grid, so that many distances are equal and many points the same. */
const onGrid = fc
  .tuple(fc.integer({ min: 2, max: 80 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, cols]) =>
    fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: rows * cols, maxLength: rows * cols })
      .map((values) => ({ data: Float64Array.from(values), rows, cols })),
  );

test('tree and engine find the same neighbours at the same distances, ties by the lower row', () => {
  fc.assert(
    fc.property(onGrid, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (X, share, excludeSelf) => {
      const most = excludeSelf ? X.rows - 1 : X.rows;
      const k = 1 + Math.floor(share * (most - 1));
      expect(searchAll(buildKdTree(X), euclidean, X, k, excludeSelf)).toEqual(nearestByEngine(X, X, k, excludeSelf));
    }),
    { numRuns: 60 },
  );
});

test('real points: the same to the bit', () => {
  const X = gaussian(3000, 3);
  const queries = gaussian(1500, 3, 'queries');
  expect(treeIfCheaper(X, X, 5)).not.toBeNull();
  expect(nearest(X, X, 5)).toEqual(nearestByEngine(X, X, 5, false));
  expect(nearest(queries, X, 7)).toEqual(nearestByEngine(queries, X, 7, false));
});

test('few queries, for which the tree is not brought to the engine: the same to the bit', () => {
  const X = gaussian(3000, 3);
  const tree = buildKdTree(X);
  for (let i = 0; i < 3; i++) {
    const queries = { data: X.data.slice(30 * i, 30 * i + 15), rows: 5, cols: 3 };
    expect(searchAll(tree, euclidean, queries, 6, false)).toEqual(nearestByEngine(queries, X, 6, false));
  }
});

test('a tree is left where it would look at most of the points', () => {
  expect(treeIfCheaper(gaussian(3000, 20), gaussian(50, 20, 'queries'), 5)).toBeNull();
});

test('a point is its own nearest neighbour, unless it is left out', () => {
  const X = gaussian(30, 2);
  expect(Array.from(nearest(X, X, 1).indices)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  const others = nearest(X, X, 29, { excludeSelf: true });
  for (let i = 0; i < 30; i++) expect(others.indices.subarray(i * 29, (i + 1) * 29)).not.toContain(i);
});
