import { chartOf, type Panel, type Series } from './chart';
import { formatMs } from './report';
import type { Results, Row } from './results';

type ScaledRow = Row & { readonly scale: NonNullable<Row['scale']> };

/** What the x axis of a panel counts. */
const SIZES: Readonly<Record<string, string>> = { 'matrix product, n × n': 'n' };

/** The charts of how time and memory grow with the size of the work, of all engines; none without results. */
export function growthCharts(results: Results): { time: string; memory: string } | undefined {
  const engines = Object.keys(results).flatMap((engine) => {
    const rows = (results[engine]!.scaling?.rows ?? []).filter((row): row is ScaledRow => row.scale !== undefined);
    return rows.length === 0 ? [] : [{ engine, rows }];
  });
  if (engines.length === 0) return undefined;
  const panels = [...new Set(engines.flatMap(({ rows }) => rows.map((row) => row.scale.panel)))];
  const draw = (seriesOf: (engine: string, rows: readonly ScaledRow[]) => Series[]): Panel[] =>
    panels.map((title) => ({
      title,
      xLabel: SIZES[title] ?? 'images',
      series: engines.flatMap(({ engine, rows }) =>
        seriesOf(
          engine,
          rows.filter((row) => row.scale.panel === title),
        ),
      ),
    }));
  return {
    time: chartOf(draw(timeSeries), { yLabel: 'Median time against size', formatY: formatTick }),
    memory: chartOf(draw(memorySeries), { yLabel: 'WebAssembly memory against size', formatY: formatBytes }),
  };
}

function timeSeries(engine: string, rows: readonly ScaledRow[]): Series[] {
  const names = [...new Set(rows.flatMap((row) => row.timings.map((t) => t.name)))];
  return names.map((name) => ({
    name: `Node ${engine}, ${name.split(', ')[1]} thread${name.endsWith('1') ? '' : 's'}`,
    points: rows.flatMap((row) =>
      row.timings.filter((t) => t.name === name).map((t) => [row.scale.size, t.medianMs] as const),
    ),
  }));
}

function memorySeries(engine: string, rows: readonly ScaledRow[]): Series[] {
  return [{ name: `Node ${engine}`, points: rows.map((row) => [row.scale.size, row.scale.bytes]) }];
}

/** A power of ten without the zeros that precision would give it. */
function formatTick(ms: number): string {
  return formatMs(ms).replace(/\.0+ /, ' ');
}

function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${bytes / 1e9} GB` : bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} kB`;
}
