/** A value for height and one for width. */
export type Pair = readonly [number, number];

/** How a window moves over images. */
export interface WindowAttrs {
  readonly strides: Pair;
  readonly padding: readonly [Pair, Pair];
}

/** A window, the image it moves over and what comes out. */
export interface Geometry extends WindowAttrs {
  readonly dilations: Pair;
  readonly input: Pair;
  readonly window: Pair;
  readonly output: Pair;
}

const VERTICAL = 0;
const HORIZONTAL = 1;

/**
 * Loops over the cells of the window of output pixel (`oy`, `ox`) that lie on the image: `body` sees the cell `ky`, `kx` and
 * the pixel `y`, `x`. Loops are bounded by numbers: gpu.js cuts others at 1000 turns.
 */
export function overCells({ strides, padding, dilations, input, window }: Geometry, body: string): string {
  const pixel = (o: string, k: string, axis: 0 | 1): string =>
    `${o} * ${strides[axis]} + ${k} * ${dilations[axis]} - ${padding[axis][0]}`;
  const inside = (name: string, axis: 0 | 1): string => `${name} >= 0 && ${name} < ${input[axis]}`;
  return (
    `for (let ky = 0; ky < ${window[0]}; ky++) { const y = ${pixel('oy', 'ky', VERTICAL)}; if (${inside('y', VERTICAL)}) { ` +
    `for (let kx = 0; kx < ${window[1]}; kx++) { const x = ${pixel('ox', 'kx', HORIZONTAL)}; if (${inside('x', HORIZONTAL)}) { ${body} } } } }`
  );
}

/** Loops over the windows that pixel (`y`, `x`) lies in: `body` sees its cell `ky`, `kx` and the output pixel `oy`, `ox`. */
export function overWindows({ strides, padding, dilations, window, output }: Geometry, body: string): string {
  const nested = (names: { k: string; o: string; pixel: string }, axis: 0 | 1, inner: string): string => {
    const { k, o, pixel } = names;
    const stride = strides[axis];
    const far = `const far${k} = ${pixel} + ${padding[axis][0]} - ${k} * ${dilations[axis]};`;
    const test = `${o} < ${output[axis]}${stride === 1 ? '' : ` && ${o} * ${stride} === far${k}`}`;
    const from = stride === 1 ? `far${k}` : `quotient(far${k}, ${stride})`;
    return `for (let ${k} = 0; ${k} < ${window[axis]}; ${k}++) { ${far} if (far${k} >= 0) { const ${o} = ${from}; if (${test}) { ${inner} } } }`;
  };
  const across = nested({ k: 'kx', o: 'ox', pixel: 'x' }, HORIZONTAL, body);
  return nested({ k: 'ky', o: 'oy', pixel: 'y' }, VERTICAL, across);
}
