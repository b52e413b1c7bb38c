import { defaultBackend } from '../../backends/default';
import { Tensor } from '../../core/tensor';
import { gradientHistogram } from '../../ops/histogram';
import { transpose } from '../../ops/shape/layout';
import type { Binned } from './binning';

/** Numbers of a bin: sum of gradients, sum of hessians, number of samples. */
export const BIN = 3;
/** Histograms of fewer values than this are built here rather than by the engine, whose calls have a price. */
const SMALL = 20_000;
/** How many histograms are kept for use again. */
const MOST_FREE = 64;

/** Builds the histograms of nodes: float64 `[features, bins, 3]`, summed in the order of the node's rows. */
export class HistogramBuilder {
  readonly #x: Binned;
  readonly #bins: number;
  readonly #binned: Tensor | null;
  readonly #free: Float64Array[] = [];
  #gradients: Float32Array = new Float32Array(0);
  #hessians: Float32Array = new Float32Array(0);
  #tensors: readonly Tensor[] = [];
  #pairs = new Float64Array(0);

  constructor(x: Binned, bins: number) {
    this.#x = x;
    this.#bins = bins;
    this.#binned =
      x.data.length < SMALL ? null : transpose(Tensor.from(defaultBackend(), x.data, 'uint8', [x.cols, x.rows]));
  }

  /** The gradients and hessians of the next tree. */
  begin(gradients: Float32Array, hessians: Float32Array): void {
    this.#gradients = gradients;
    this.#hessians = hessians;
    this.#disposeTensors();
    if (this.#binned === null) return;
    this.#tensors = [gradients, hessians].map((v) => Tensor.from(defaultBackend(), v, 'float32', [v.length]));
  }

  /** Gives back a histogram that is no longer needed. */
  release(histogram: Float64Array): void {
    if (this.#free.length < MOST_FREE) this.#free.push(histogram);
  }

  /** Frees the memory of the engine. */
  dispose(): void {
    this.#disposeTensors();
    this.#binned?.dispose();
  }

  #disposeTensors(): void {
    for (const t of this.#tensors) t.dispose();
    this.#tensors = [];
  }

  /** The histogram of a node. */
  build(rows: Int32Array): Float64Array {
    return this.#binned === null || rows.length * this.#x.cols < SMALL ? this.#buildHere(rows) : this.#buildThere(rows);
  }

  #buildThere(rows: Int32Array): Float64Array {
    const order = Tensor.from(defaultBackend(), rows, 'int32', [rows.length]);
    const [g, h] = this.#tensors as readonly [Tensor, Tensor];
    const result = gradientHistogram(this.#binned!, g, h, order, { bins: this.#bins });
    const histogram = result.dataSync() as Float64Array;
    order.dispose();
    result.dispose();
    return histogram;
  }

  #buildHere(rows: Int32Array): Float64Array {
    const { cols, rows: n, data } = this.#x;
    const out = this.#free.pop() ?? new Float64Array(cols * this.#bins * BIN);
    out.fill(0);
    const pairs = this.#pairs.length < 2 * rows.length ? new Float64Array(2 * rows.length) : this.#pairs;
    this.#pairs = pairs;
    for (let i = 0; i < rows.length; i++) {
      pairs[2 * i] = this.#gradients[rows[i]!]!;
      pairs[2 * i + 1] = this.#hessians[rows[i]!]!;
    }
    for (let c = 0; c < cols; c++) addColumn(rows, pairs, data, c * n, out, c * this.#bins * BIN);
    return out;
  }

  /** Turns the histogram of a node into that of a child, given that of the other child. */
  subtract(parent: Float64Array, child: Float64Array): Float64Array {
    for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!;
    return parent;
  }
}

function addColumn(
  rows: Int32Array,
  pairs: Float64Array,
  data: Uint8Array,
  column: number,
  out: Float64Array,
  start: number,
): void {
  for (let i = 0; i < rows.length; i++) {
    const at = start + data[column + rows[i]!]! * BIN;
    out[at]! += pairs[2 * i]!;
    out[at + 1]! += pairs[2 * i + 1]!;
    out[at + 2]!++;
  }
}
