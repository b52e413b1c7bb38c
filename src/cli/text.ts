/** Rows in aligned columns: the first to the left, the rest to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((r) => [...r[c]!].length)));
  const pad = (cell: string, c: number): string => {
    const space = ' '.repeat(widths[c]! - [...cell].length);
    return c === 0 ? cell + space : space + cell;
  };
  const lines = rows.map((r) => r.map(pad).join('  ').trimEnd());
  return [lines[0], '─'.repeat(widths.reduce((a, b) => a + b + 2, -2)), ...lines.slice(1)].join('\n');
}

/** A grey image in the terminal, two pixels a character, values in [0, 1] row-major. */
export function drawImage(pixels: ArrayLike<number>, width: number): string {
  const shades = ' ░▒▓█';
  const rows: string[] = [];
  for (let start = 0; start < pixels.length; start += width) {
    const row = Array.from({ length: width }, (_, i) => shades[Math.round(pixels[start + i]! * (shades.length - 1))]!);
    rows.push(row.map((c) => c + c).join(''));
  }
  return rows.join('\n');
}

export const bytes = (n: number): string => (n < 1000 ? `${n} B` : `${(n / 1000).toFixed(1)} kB`);
export const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
