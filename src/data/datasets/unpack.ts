/** A table of samples with the class of each. */
export interface Dataset {
  /** float64 `[samples, features]`, row-major. */
  readonly X: { readonly data: Float64Array; readonly shape: [number, number] };
  /** The class of each sample: a position in `targetNames`. */
  readonly y: Int32Array;
  readonly featureNames: readonly string[];
  readonly targetNames: readonly string[];
  /** What it is and where it comes from. */
  readonly description: string;
}

/** A table as `scripts/embed-datasets.py` writes it. */
export interface Packed {
  readonly rows: number;
  /** By column: how many decimals its values have. */
  readonly decimals: readonly number[];
  /** By column: how many base-64 digits a value takes. */
  readonly widths: readonly number[];
  /** All values as whole numbers, column after column. */
  readonly values: string;
  /** One base-64 digit per row. */
  readonly target: string;
  readonly featureNames: readonly string[];
  readonly targetNames: readonly string[];
  readonly description: string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The table, exactly: a whole number over a power of ten is the double nearest to its decimal. */
export function unpack(packed: Packed): Dataset {
  const { rows, decimals, widths, values, target, featureNames, targetNames, description } = packed;
  const digit = new Uint8Array(128);
  for (let i = 0; i < 64; i++) digit[ALPHABET.charCodeAt(i)] = i;
  const cols = widths.length;
  const data = new Float64Array(rows * cols);
  let at = 0;
  for (let c = 0; c < cols; c++) {
    const unit = 10 ** decimals[c]!;
    for (let r = 0; r < rows; r++) {
      let whole = 0;
      for (let d = 0; d < widths[c]!; d++) whole = whole * 64 + digit[values.charCodeAt(at++)]!;
      data[r * cols + c] = whole / unit;
    }
  }
  const y = Int32Array.from({ length: rows }, (_, r) => digit[target.charCodeAt(r)]!);
  return {
    X: { data, shape: [rows, cols] },
    y,
    featureNames: [...featureNames],
    targetNames: [...targetNames],
    description,
  };
}
