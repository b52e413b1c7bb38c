import { ConfigError, ShapeError } from '../core/errors';
import { scope } from '../core/scope';
import { formatShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { type TensorLike, tensor, zeros } from './create';
import { mul, where } from './elementwise';
import { matmul } from './matmul';
import { operands } from './operand';
import { sum } from './reduce';
import { broadcastTo, reshape, transpose } from './shape-ops';

/** A tensor with a name for each of its axes. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein summation: the product of the operands, axes that share a letter aligned, summed over every letter that the
 * output does not name. `'ij,jk->ik'` is a matrix product, `'ii->i'` a diagonal, `'bij,bjk->bik'` a batch of products.
 * Operands are contracted from left to right, each time as a matrix product.
 *
 * @param spec - letters for the axes of each operand, separated by commas, then `->` and those of the output. Without
 * `->`, the output has the letters that occur once, in alphabetical order. `...` stands for axes that broadcast.
 * @param xs - one operand for each part of `spec`.
 * @returns the axes named by the output.
 * @throws ConfigError when `spec` is malformed or does not fit the operands; ShapeError when axes with the same letter
 * differ in size.
 *
 * @example
 * ```ts
 * import { einsum } from 'kompakt';
 * const a = [[1, 2], [3, 4]];
 * console.log(einsum('ij,kj->ik', a, a).toArraySync(), einsum('ii', a).item()); // → [ [ 5, 11 ], [ 11, 25 ] ] 5
 * ```
 */
export function einsum(spec: string, ...xs: readonly TensorLike[]): Tensor {
  if (xs.length === 0) throw new ConfigError('einsum: give at least one operand.');
  return scope(() => sumOfProducts(spec, operands(...xs)));
}

function sumOfProducts(spec: string, tensors: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(spec, tensors);
  const sizes = labelSizes(spec, tensors, inputs);
  const terms = tensors
    .map((x, i) => ({ x, labels: inputs[i]! }))
    .map((term) => takeDiagonals(expandOnes(term, sizes)));
  let result = terms[0]!;
  for (let i = 1; i < terms.length; i++) {
    const later = new Set([...output, ...terms.slice(i + 1).flatMap((t) => t.labels)]);
    result = contract(sumOut(result, new Set([...later, ...terms[i]!.labels])), terms[i]!, later);
  }
  const summed = sumOut(result, new Set(output));
  return transpose(
    summed.x,
    output.map((label) => summed.labels.indexOf(label)),
  );
}

interface Parsed {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Labels of every axis; those under an ellipsis are called `.0`, `.1`, … counted from the right. */
function parse(spec: string, xs: readonly Tensor[]): Parsed {
  const text = spec.replace(/\s+/g, '');
  const match = /^([A-Za-z.,]*)(?:->([A-Za-z.]*))?$/.exec(text);
  if (match === null) {
    throw new ConfigError(
      `einsum: can't read '${spec}'. Write letters and commas, then '->' and letters, as in 'ij,jk->ik'.`,
    );
  }
  const parts = match[1]!.split(',');
  if (parts.length !== xs.length) {
    throw new ConfigError(`einsum: '${spec}' is for ${parts.length} operands, ${xs.length} given.`);
  }
  const inputs = parts.map((part, i) =>
    expand(part, xs[i]!.rank, spec, `operand ${i} of shape ${formatShape(xs[i]!.shape)}`),
  );
  const hidden = Math.max(...inputs.map((labels) => labels.filter((l) => l.startsWith('.')).length));
  const output = match[2] === undefined ? implicitOutput(inputs, hidden) : expandOutput(match[2], hidden, spec);
  const known = new Set(inputs.flat());
  output.forEach((label, i) => {
    if (!known.has(label))
      throw new ConfigError(`einsum: '${spec}' has '${label}' in the output, but no operand has it.`);
    if (output.indexOf(label) !== i) throw new ConfigError(`einsum: '${spec}' names '${label}' twice in the output.`);
  });
  return { inputs, output };
}

function ellipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);
}

function expand(part: string, rank: number, spec: string, what: string): string[] {
  const [before, after, ...rest] = part.split('...');
  const letters = part.replace('...', '').length;
  if (rest.length > 0 || part.replace('...', '').includes('.'))
    throw new ConfigError(`einsum: misplaced dots in '${part}' of '${spec}'.`);
  if (after === undefined ? letters !== rank : letters > rank) {
    throw new ConfigError(`einsum: '${part}' in '${spec}' names ${letters} axes, but ${what} has ${rank}.`);
  }
  return after === undefined ? [...part] : [...before!, ...ellipsis(rank - letters), ...after];
}

function expandOutput(part: string, hidden: number, spec: string): string[] {
  const letters = part.replace('...', '').length;
  return expand(part, part.includes('...') ? letters + hidden : letters, spec, 'the output');
}

function implicitOutput(inputs: readonly (readonly string[])[], hidden: number): string[] {
  const all = inputs.flat().filter((l) => !l.startsWith('.'));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...ellipsis(hidden), ...once.sort((a, b) => (a < b ? -1 : 1))];
}

function labelSizes(spec: string, xs: readonly Tensor[], inputs: readonly (readonly string[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const n = xs[i]!.shape[axis]!;
      const known = sizes.get(label) ?? 1;
      if (known !== 1 && n !== 1 && known !== n) {
        const name = label.startsWith('.') ? 'an axis under ...' : `'${label}'`;
        throw new ShapeError(
          `einsum: ${name} in '${spec}' is ${known} and ${n} long: shapes ${xs.map((x) => formatShape(x.shape)).join(', ')}.`,
        );
      }
      sizes.set(label, known === 1 ? n : known);
    });
  });
  return sizes;
}

/** Repeats axes of size 1 where other operands have more. */
function expandOnes({ x, labels }: Labelled, sizes: ReadonlyMap<string, number>): Labelled {
  return {
    x: broadcastTo(
      x,
      labels.map((label) => sizes.get(label)!),
    ),
    labels,
  };
}

/** Keeps, of axes with the same letter, the elements where their indices agree. */
function takeDiagonals(term: Labelled): Labelled {
  const twice = term.labels.find((label, i) => term.labels.indexOf(label) !== i);
  if (twice === undefined) return term;
  const first = term.labels.indexOf(twice);
  const second = term.labels.indexOf(twice, first + 1);
  const { x } = term;
  const n = x.shape[first]!;
  const mask = new Uint8Array(n * n);
  for (let i = 0; i < n; i++) mask[i * n + i] = 1;
  const shape = x.shape.map((_, axis) => (axis === first || axis === second ? n : 1));
  const diagonal = tensor(mask, { shape, dtype: 'bool', backend: x.backend });
  const masked = where(diagonal, x, zeros([], { dtype: x.dtype, backend: x.backend }));
  return takeDiagonals({ x: sum(masked, { axis: second }), labels: term.labels.filter((_, axis) => axis !== second) });
}

/** Sums over the axes whose letters are not needed any more. */
function sumOut({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axis = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]));
  if (axis.length === 0) return { x, labels };
  return { x: sum(x, { axis }), labels: labels.filter((label) => needed.has(label)) };
}

/** Product of two terms, summed over the letters that both have and nothing later needs. */
function contract(a: Labelled, b: Labelled, later: ReadonlySet<string>): Labelled {
  const right = sumOut(b, new Set([...later, ...a.labels]));
  const shared = a.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const inner = shared.filter((label) => !later.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  if (inner.length === 0) return multiply(a, right, [...batch, ...rows, ...columns]);
  const x = arrange(a, batch, rows, inner);
  const y = arrange(right, batch, inner, columns);
  const labels = [...batch, ...rows, ...columns];
  const sizes = labels.map((label) => sizeOfLabel(label, a, right));
  return { x: reshape(matmul(x, y), sizes), labels };
}

function sizeOfLabel(label: string, a: Labelled, b: Labelled): number {
  const i = a.labels.indexOf(label);
  return i >= 0 ? a.x.shape[i]! : b.x.shape[b.labels.indexOf(label)]!;
}

/** The term as a (batch of) matrices. */
function arrange({ x, labels }: Labelled, ...blocks: readonly (readonly string[])[]): Tensor {
  const order = blocks.flat().map((label) => labels.indexOf(label));
  const sizes = blocks.map((block) => sizeOf(block.map((label) => x.shape[labels.indexOf(label)]!)));
  return reshape(transpose(x, order), blocks[0]!.length === 0 ? sizes.slice(1) : sizes);
}

/** Where nothing is summed: an ordinary product, with axes of size 1 for the letters a term lacks. */
function multiply(a: Labelled, b: Labelled, labels: readonly string[]): Labelled {
  const spread = ({ x, labels: own }: Labelled): Tensor => {
    const order = labels.filter((label) => own.includes(label)).map((label) => own.indexOf(label));
    const sizes = labels.map((label) => (own.includes(label) ? x.shape[own.indexOf(label)]! : 1));
    return reshape(transpose(x, order), sizes);
  };
  return { x: mul(spread(a), spread(b)), labels };
}
