/** Where one row of a result meets one row of what it is computed from. */
export interface RowGeometry {
  /** Pixels of the row that is computed, and of the one that is read. */
  readonly width: number;
  readonly sourceWidth: number;
  readonly taps: number;
  readonly stride: number;
  readonly before: number;
  readonly dilation: number;
  /** Whether the result is the gradient by the images, read from the cotangent, instead of a convolution. */
  readonly backward: boolean;
}

/** Pixel `pixel` of a tile and tap `tap` meet at `column`, counted from the tile's first column. */
export interface Meeting {
  readonly pixel: number;
  readonly tap: number;
  readonly column: number;
}

/** Neighbouring tiles whose pixels and taps meet alike. */
export interface TileRun {
  /** Of the first tile: its first pixel and its first column in the row that is read. */
  readonly pixel: number;
  readonly column: number;
  readonly times: number;
  /** Pixels of a tile, and columns from one tile to the next. */
  readonly pixels: number;
  readonly columnStep: number;
  /** By column. */
  readonly meetings: readonly Meeting[];
}

/** Pixels computed at a time: few enough that their sums and a row of taps stay in registers. */
const TILE = 4;
/** Most multiply-adds in the code of a row; what needs more runs tap by tap. */
const MOST_MEETINGS = 640;

/**
 * Cuts a row into tiles and groups those alike, borders apart: in the code of each it is known which taps are inside
 * the image. Null where that would be too much code.
 */
export function planRow(geometry: RowGeometry): readonly TileRun[] | null {
  const { width, stride, backward } = geometry;
  const unit = backward ? stride : 1;
  const pixels = unit * Math.max(1, Math.floor(TILE / unit));
  if (pixels > 2 * TILE) return null;
  const columnStep = backward ? pixels / stride : pixels * stride;
  const runs: TileRun[] = [];
  let meetings = 0;
  for (let pixel = 0; pixel < width; pixel += pixels) {
    const tile = planTile(geometry, pixel, Math.min(pixels, width - pixel));
    const last = runs.at(-1);
    if (last !== undefined && continues(last, tile, columnStep)) {
      runs[runs.length - 1] = { ...last, times: last.times + 1 };
      continue;
    }
    runs.push({ ...tile, columnStep });
    meetings += tile.meetings.length;
    if (meetings > MOST_MEETINGS) return null;
  }
  return runs;
}

type Tile = Omit<TileRun, 'columnStep'>;

function planTile(geometry: RowGeometry, first: number, pixels: number): Tile {
  const found: Meeting[] = [];
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let tap = 0; tap < geometry.taps; tap++) {
      const column = meetingColumn(geometry, first + pixel, tap);
      if (column !== null) found.push({ pixel, tap, column });
    }
  }
  const column = found.length === 0 ? 0 : Math.min(...found.map((m) => m.column));
  const meetings = found.map((m) => ({ ...m, column: m.column - column })).sort((a, b) => a.column - b.column);
  return { pixel: first, column, times: 1, pixels, meetings };
}

function meetingColumn({ sourceWidth, stride, before, dilation, backward }: RowGeometry, pixel: number, tap: number) {
  const column = backward ? (pixel + before - tap * dilation) / stride : pixel * stride + tap * dilation - before;
  return Number.isInteger(column) && column >= 0 && column < sourceWidth ? column : null;
}

function continues(run: TileRun, tile: Tile, columnStep: number): boolean {
  return (
    run.pixels === tile.pixels &&
    run.column + run.times * columnStep === tile.column &&
    JSON.stringify(run.meetings) === JSON.stringify(tile.meetings)
  );
}
