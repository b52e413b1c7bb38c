import { expectAgreement, measure, noise, type Timing } from '../measure';
import { type Engine, openEngines, type Peers, truth } from './engines';

/** One piece of work: a product of square matrices, or a convolution of images. */
export type Work =
  | { readonly kind: 'product'; readonly size: number }
  | { readonly kind: 'convolution'; readonly shape: readonly number[]; readonly kernel: readonly number[] };

/** What the page's graphics run on. */
export interface Graphics {
  readonly webgpu: string;
  readonly webgl: string;
}

/** What came of a piece of work. */
export interface Outcome {
  /** Those whose numbers agree with WASM's. */
  readonly agreed: string[];
  /** None where only agreement was asked for. */
  readonly timings: Timing[];
}

/** Relative to the largest value: sums of 2048 products in other orders. */
const TOLERANCE = 1e-4;
/** Operations in one round of an engine, about. */
const ROUND_FLOP = 2 * 2048 ** 3;

/** The names of the GPUs, as the browser tells them. */
export async function graphics(): Promise<Graphics> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor = '', architecture = '', device = '', description = '' } = adapter?.info ?? {};
  const gl = document.createElement('canvas').getContext('webgl2');
  const names = gl?.getExtension('WEBGL_debug_renderer_info');
  const renderer = names ? gl!.getParameter(names.UNMASKED_RENDERER_WEBGL) : gl?.getParameter(gl.RENDERER);
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return {
    webgpu: adapter ? [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unnamed' : 'none',
    webgl: `${renderer ?? 'none'}`,
  };
}

/** The engines of the page, and what may be asked of them. */
export async function contest(peers: Peers) {
  const { engines, left } = await openEngines(peers);
  return { left, run: (work: Work, timed: boolean) => run(engines, work, timed) };
}

/**
 * Computes with every engine, fails unless all agree with WASM, then times them in turn if asked.
 *
 * @param roundFlop - operations in one round of an engine.
 */
export async function run(
  engines: readonly Engine[],
  work: Work,
  timed: boolean,
  roundFlop = ROUND_FLOP,
): Promise<Outcome> {
  const [first, ...others] = [truth(), ...engines].map((engine) => prepared(engine, work));
  await first!.begin();
  const wanted = await first!.result();
  first!.end();
  for (const task of others) {
    await task.begin();
    expectAgreement(`${work.kind}, ${task.name} against WASM`, await task.result(), wanted, TOLERANCE);
  }
  const batch = Math.max(1, Math.round(roundFlop / flopOf(work)));
  // A call is a whole batch already.
  const contenders = others.map(({ name, times }) => ({ name, run: () => times(batch) }));
  const perBatch = timed ? await measure(contenders, { rounds: 11, roundMs: 0, warmUpCalls: 3 }) : [];
  for (const task of others) task.end();
  const timings = perBatch.map((t) => ({ ...t, medianMs: t.medianMs / batch, fastestMs: t.fastestMs / batch }));
  return { agreed: others.map(({ name }) => name), timings };
}

/** Floating-point operations of a piece of work. */
export function flopOf(work: Work): number {
  if (work.kind === 'product') return 2 * work.size ** 3;
  const [batch, height, width] = work.shape as [number, number, number];
  return 2 * batch * height * width * work.kernel.reduce((a, b) => a * b, 1);
}

function prepared(engine: Engine, work: Work) {
  const shapes = work.kind === 'product' ? [0, 1].map(() => [work.size, work.size]) : [work.shape, work.kernel];
  let operands: unknown[] = [];
  const compute = (): unknown => engine[work.kind === 'product' ? 'matmul' : 'conv2d'](operands[0], operands[1]);
  return {
    name: engine.name,
    async begin(): Promise<void> {
      await engine.select?.();
      operands = shapes.map((shape, i) =>
        engine.put(
          noise(
            shape.reduce((a, b) => a * b, 1),
            i + 1,
          ),
          shape,
        ),
      );
    },
    async result(): Promise<ArrayLike<number>> {
      const y = compute();
      const values = await engine.read(y);
      engine.free(y);
      return values;
    },
    /** So many times; over once the last result has been added up and read. */
    async times(n: number): Promise<number> {
      await engine.select?.();
      for (let i = 1; i < n; i++) engine.free(compute());
      const y = compute();
      const total = await engine.total(y);
      engine.free(y);
      return total;
    },
    end: () => operands.forEach((x) => engine.free(x)),
  };
}
