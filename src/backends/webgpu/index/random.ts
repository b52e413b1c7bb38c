import { sizeOf } from '../../../core/shape';
import { BLOCK, PARITY, ROTATIONS } from '../../../core/threefry';
import { contiguous, type GPUKernel, groupsFor, stretchOf, withLayout } from '../kernel';

/** Threefry-2x32 of 20 rounds, as in core/threefry. */
const threefryText = (): string => {
  const lines = ['fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {'];
  lines.push(`let keys = array<u32, 3>(key.x, key.y, ${PARITY}u ^ key.x ^ key.y);`);
  lines.push('var x = counter.x + key.x; var y = counter.y + key.y;');
  for (let group = 0; group < 5; group++) {
    for (const bits of ROTATIONS[group % 2]!) {
      lines.push('x = x + y;', `y = ((y << ${bits}u) | (y >> ${32 - bits}u)) ^ x;`);
    }
    lines.push(`x = x + keys[${(group + 1) % 3}];`, `y = y + keys[${(group + 2) % 3}] + ${group + 1}u;`);
  }
  return [...lines, 'return vec2<u32>(x, y);', '}'].join('\n');
};

/** The same bits as on every other backend: element 8·b + 4·w + l is word w of counter 4·b + l. */
export const randomUniform: GPUKernel<{ readonly stream: number }> = ([key], out, { stream }, context) => {
  const words = contiguous(key!, context);
  const code = context.code('random-uniform', () => ({
    reads: { key: 'i32' },
    writes: { y: 'f32' },
    params: { first: 'i32', size: 'u32', stream: 'u32', before: 'u32' },
    declarations: threefryText(),
    main: `let block = id / 4u; let l = id % 4u;
let at = block * ${BLOCK}u + l;
if (at >= p.size) { return; }
let pair = threefry(vec2<u32>(bitcast<u32>(key[p.first]), bitcast<u32>(key[p.first + 1])), vec2<u32>(p.before + block * 4u + l, p.stream));
y[at] = f32(pair.x >> 8u) / 16777216.0;
if (at + 4u < p.size) { y[at + 4u] = f32(pair.y >> 8u) / 16777216.0; }`,
  }));
  const all = sizeOf(out.shape);
  const step = stretchOf(out, context);
  for (let offset = 0; offset < all; offset += step) {
    const size = Math.min(step, all - offset);
    // A block of elements takes half as many counters.
    const params = { first: context.first(words), size, stream, before: offset / 2 };
    const groups = groupsFor(Math.ceil(size / BLOCK) * 4, code);
    const part = step < all ? withLayout(out, { shape: [size], strides: [1], offset }) : out;
    context.dispatch(code, { reads: [words], writes: [part], params, groups });
  }
  return true;
};
