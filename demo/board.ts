import { isAtRest, type OrderStatus } from '../domain/order-status';

/** Where the board is drawn: standard output, or a test's own. */
export interface Terminal {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/** One order as the board shows it. */
export interface Row {
  title: string;
  status: OrderStatus;
  /** What happened last, in plain words. */
  latest: string;
  /** From its acceptance to that, in seconds. */
  seconds: number;
}

const UP_AND_CLEAR = { up: (lines: number) => `\u001b[${lines}A`, clear: '\u001b[2K' };
const TITLE_WIDTH = 22;
const STATUS_WIDTH = 15;

/**
 * Shows one line for each order: on a terminal in place, elsewhere a line for each change.
 *
 * @returns what draws the rows
 */
export function createBoard(terminal: Terminal): (rows: readonly Row[]) => void {
  let shown: string[] = [];
  return (rows) => {
    const lines = rows.map((row) => lineOf(row));
    if (terminal.isTTY) {
      const width = (terminal.columns || 80) - 1;
      const up = shown.length > 0 ? UP_AND_CLEAR.up(shown.length) : '';
      terminal.write(up + lines.map((line) => `${UP_AND_CLEAR.clear}${cut(line, width)}\n`).join(''));
    } else {
      for (const [index, line] of lines.entries()) if (line !== shown[index]) terminal.write(`${line}\n`);
    }
    shown = lines;
  };
}

const lineOf = ({ title, status, latest, seconds }: Row): string =>
  `${markOf(status)} ${title.padEnd(TITLE_WIDTH)}${status.padEnd(STATUS_WIDTH)} ${seconds.toFixed(1).padStart(5)} s  ${latest}`;

function markOf(status: OrderStatus): string {
  if (status === 'delivered') return '✓';
  if (status === 'needs_attention') return '!';
  return isAtRest(status) ? '↩' : '·';
}

const cut = (line: string, width: number): string => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
