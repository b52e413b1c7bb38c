/** For each query its nearest points, nearest first. */
export interface Nearest {
  /** int32 `[queries, k]`: rows of the points. */
  readonly indices: Int32Array;
  /** float64 `[queries, k]`. */
  readonly distances: Float64Array;
}
