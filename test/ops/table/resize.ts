import { DTYPES } from '../../../src/core/dtype';
import { resize } from '../../../src/ops/resize';
import type { Row } from '../row';
import { row } from './notation';

export const resizeRows: readonly Row[] = (['bilinear', 'nearest'] as const).flatMap((mode) =>
  [false, true].flatMap((alignCorners) => {
    const resized = (name: string, inputs: string, size: [number, number], more: string[] = []): Row =>
      row(
        `resize ${mode}${alignCorners ? ', corners aligned' : ''}: ${name}`,
        inputs,
        (x) => resize(x, size, { mode, alignCorners }),
        mode === 'nearest' ? { more, dtypes: DTYPES } : { more },
      );
    return [
      resized('doubled', '2×2×3×2', [4, 6]),
      resized('odd', '1×3×4×1', [5, 7], ['2×6×5×17', '0×3×4×1']),
      resized('reduced', '1×5×6×2', [2, 3]),
      resized('to a pixel', '1×3×3×1', [1, 1]),
      resized('from a pixel', '2×1×1×3', [3, 2]),
    ];
  }),
);
