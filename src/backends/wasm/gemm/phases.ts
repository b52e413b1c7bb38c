import type { GemmVariant } from './codes';
import { ELEMENTS } from './elements';
import { roundUp } from './params';
import type { Batch, BatchProduct } from './problem';

/** How a product is computed: the generated code, and steps along k in a block. */
export interface Scheme extends GemmVariant {
  readonly kc: number;
}

/** A part of a product, and where it begins along k. */
export interface Phase {
  readonly product: BatchProduct;
  readonly firstK: number;
}

/** Most bytes of packed panels of B at a time. */
const MAX_PACKED = 8 * 2 ** 20;

/** How many matrices B there are, those that are repeated counted once. */
export function packedCounts({ outer, inner, b }: Batch): { readonly outer: number; readonly inner: number } {
  return { outer: b.outer === 0 ? 1 : outer, inner: b.inner === 0 ? 1 : inner };
}

/**
 * Cuts a product whose packed B would take too much memory: by matrices of the batch, by columns where a single block of
 * k is too large, and else by blocks of k, where sums go on from phase to phase. The cuts do not change the bits.
 */
export function phasesOf(product: BatchProduct, scheme: Scheme, most = MAX_PACKED): Phase[] {
  const { n, k, batch } = product;
  const one = roundUp(n, scheme.tile.columns) * k * ELEMENTS[scheme.arithmetic].bytes;
  const counts = packedCounts(batch);
  if (counts.outer * counts.inner * one <= most) return [{ product, firstK: 0 }];
  if (batch.outer > 1)
    return split(batch.outer, 1).flatMap(([i]) => phasesOf(part(product, i!, 0, 1, batch.inner), scheme, most));
  if (batch.inner > 1) {
    const count = Math.max(1, Math.floor(most / one));
    const groups = split(batch.inner, count).map(([i, size]) => part(product, 0, i!, 1, size!));
    return groups.flatMap((group) => (count > 1 ? [{ product: group, firstK: 0 }] : phasesOf(group, scheme, most)));
  }
  return blocksOf(product, scheme, most);
}

/** Starts and sizes of groups of at most `size` out of `count`. */
function split(count: number, size: number): number[][] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => [i * size, Math.min(size, count - i * size)]);
}

/** The products of a part of the batch. */
function part(
  product: BatchProduct,
  firstOuter: number,
  firstInner: number,
  outer: number,
  inner: number,
): BatchProduct {
  const { a, b, c, batch } = product;
  const move = (x: { readonly outer: number; readonly inner: number }) => firstOuter * x.outer + firstInner * x.inner;
  return {
    ...product,
    batch: { ...batch, outer, inner },
    a: 'address' in a ? { ...a, address: a.address + move(batch.a) } : a,
    b: { ...b, address: b.address + move(batch.b) },
    c: { ...c, address: c.address + move(batch.c) },
  };
}

function blocksOf(product: BatchProduct, { kc, tile, arithmetic }: Scheme, most: number): Phase[] {
  const { n, k, a, b, c } = product;
  const { bytes } = ELEMENTS[arithmetic];
  const columns = Math.max(1, Math.floor(most / (kc * bytes) / tile.columns)) * tile.columns;
  return split(n, columns).flatMap(([j, nb]) => {
    const steps = Math.max(1, Math.floor(most / (roundUp(nb!, tile.columns) * kc * bytes))) * kc;
    return split(k, steps).map(([p, kb]) => ({
      product: {
        ...product,
        n: nb!,
        k: kb!,
        a: 'address' in a ? { ...a, address: a.address + p! * a.column } : a,
        b: { ...b, address: b.address + p! * b.row + j! * b.column },
        c: { ...c, address: c.address + j! * bytes },
        accumulate: product.accumulate === true || p! > 0,
      },
      firstK: p!,
    }));
  });
}
