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
