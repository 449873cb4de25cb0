import { createBoard, type Row } from '../../demo/board';

const row = (over: Partial<Row> = {}): Row => ({
  ...{ title: '1 goes through', status: 'created', latest: 'accepted', seconds: 0 },
  ...over,
});

const drawOn = (terminal: { isTTY?: boolean; columns?: number }, drawings: Row[][]): string => {
  let written = '';
  const draw = createBoard({ ...terminal, write: (text) => (written += text) });
  for (const rows of drawings) draw(rows);
  return written;
};

test('redraws its lines in place on a terminal', () => {
  const second = row({ title: '2 two warehouses' });
  const written = drawOn({ isTTY: true, columns: 80 }, [
    [row(), second],
    [row({ status: 'delivered', latest: 'parcel delivered (BER)', seconds: 4.06 }), second],
  ]);
  const [first, redrawn] = written.split('\u001b[2A');
  expect(first).toBe(
    '\u001b[2K· 1 goes through        created           0.0 s  accepted\n' +
      '\u001b[2K· 2 two warehouses      created           0.0 s  accepted\n',
  );
  expect(redrawn).toBe(
    '\u001b[2K✓ 1 goes through        delivered         4.1 s  parcel delivered (BER)\n' +
      '\u001b[2K· 2 two warehouses      created           0.0 s  accepted\n',
  );
});

test('keeps a line within the terminal, so that going up finds it', () => {
  const written = drawOn({ isTTY: true, columns: 40 }, [[row({ latest: 'a long story that does not fit' })]]);
  expect(written.replace('\u001b[2K', '').trimEnd()).toHaveLength(39);
  expect(written).toContain('…');
});

test('writes only the lines that changed where there is no terminal', () => {
  const written = drawOn({}, [
    [row(), row({ title: '2 no carrier' })],
    [row(), row({ title: '2 no carrier', status: 'rejected', latest: 'no carrier takes a parcel', seconds: 1 })],
  ]);
  expect(written.split('\n')).toEqual([
    '· 1 goes through        created           0.0 s  accepted',
    '· 2 no carrier          created           0.0 s  accepted',
    '↩ 2 no carrier          rejected          1.0 s  no carrier takes a parcel',
    '',
  ]);
});
