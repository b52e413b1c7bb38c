export interface TextTableOptions {
  /** Spaces between columns; default 2. */
  readonly gap?: number;
  /** Which columns go to the left; the others go to the right. Default: the first. */
  readonly left?: (column: number) => boolean;
  /** A line under the headings, or there and at the end; default none. */
  readonly rule?: 'head' | 'both';
}

const widthOf = (text: string): number => [...text].length;

/** Rows of cells as text in aligned columns; the first row holds the headings. */
export function textTable(rows: readonly (readonly string[])[], options: TextTableOptions = {}): string {
  const { gap = 2, left = (c) => c === 0, rule } = options;
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((r) => widthOf(r[c]!))));
  const align = (cell: string, c: number): string => {
    const space = ' '.repeat(widths[c]! - widthOf(cell));
    return left(c) ? cell + space : space + cell;
  };
  const lines = rows.map((r) => r.map(align).join(' '.repeat(gap)).trimEnd());
  const line = '─'.repeat(widths.reduce((a, b) => a + b + gap, -gap));
  if (rule !== undefined) lines.splice(1, 0, line);
  if (rule === 'both') lines.push(line);
  return lines.join('\n');
}
