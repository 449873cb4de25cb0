import { undoWorkflowIdOf, workflowIdOf, returnWorkflowIdOf } from '../../contracts/workflow/ids';
import {
  idempotencyKey,
  isUndoable,
  parties,
  partyOf,
  refundOfReturn,
  refundOfUnshipped,
  stepKinds,
  stepName,
  stuckActions,
  undoableKinds,
  type StepId,
  type StepKind,
} from '../../domain/step-kinds';

test.each<[StepId, string]>([
  [{ kind: 'validate' }, 'validate'],
  [{ kind: 'review' }, 'review'],
  [{ kind: 'await-stock' }, 'await-stock'],
  [{ kind: 'reserve-stock', leg: 1 }, 'reserve-stock'],
  [{ kind: 'reserve-stock', leg: 2 }, 'reserve-stock#2'],
  [{ kind: 'authorise-payment', grant: 1 }, 'authorise-payment'],
  [{ kind: 'authorise-payment', grant: 3 }, 'authorise-payment#3'],
  [{ kind: 'pack', parcel: 'BER', leg: 1 }, 'pack/BER'],
  [{ kind: 'pack', parcel: 'BER', leg: 2 }, 'pack/BER#2'],
  [{ kind: 'book', parcel: 'HAM', leg: 1 }, 'book/HAM'],
  [{ kind: 'book', parcel: 'HAM', leg: 2 }, 'book/HAM#2'],
  [{ kind: 'stray-label', parcel: 'HAM', carrier: 'nordpost', leg: 1 }, 'stray-label/HAM/nordpost'],
  [{ kind: 'stray-label', parcel: 'HAM', carrier: 'nordpost', leg: 2 }, 'stray-label/HAM/nordpost#2'],
  [{ kind: 'drop', parcel: 'HAM', leg: 1 }, 'drop/HAM'],
  [{ kind: 'capture' }, 'capture'],
  [{ kind: 'hand-over' }, 'hand-over'],
  [refundOfReturn('ret_1'), 'refund/return/ret_1'],
  [refundOfUnshipped('rest'), 'refund/not-shipped/rest'],
  [refundOfUnshipped(['BER', 'HAM']), 'refund/not-shipped/BER+HAM'],
])('%j is named %s: a name in the books and at the providers, which never changes', (id, name) => {
  expect(stepName(id)).toBe(name);
});

test('a step of another kind, leg, parcel, carrier or grant has another name', () => {
  const legs = [1, 2, 3];
  const ids: StepId[] = legs.flatMap((leg) => [
    { kind: 'reserve-stock', leg },
    { kind: 'authorise-payment', grant: leg },
    ...['BER', 'HAM'].flatMap((parcel): StepId[] => [
      { kind: 'pack', parcel, leg },
      { kind: 'book', parcel, leg },
      { kind: 'drop', parcel, leg },
      ...['nordpost', 'hansa-kurier'].map((carrier): StepId => ({ kind: 'stray-label', parcel, carrier, leg })),
    ]),
  ]);
  expect(new Set(ids.map(stepName)).size).toBe(ids.length);
});

test("a step's idempotency key names its order and the step", () => {
  expect(idempotencyKey('ord_1', { kind: 'pack', parcel: 'BER', leg: 2 })).toBe('ord_1/pack/BER#2');
});

test('the workflows of an order, a return and a late effect are found by their ids alone', () => {
  expect([workflowIdOf('ord_1'), returnWorkflowIdOf('ret_1')]).toEqual(['order-ord_1', 'return-ret_1']);
  expect(undoWorkflowIdOf('ord_1', { kind: 'book', parcel: 'BER', leg: 2 })).toBe('undo-ord_1/book/BER#2');
});

describe('the table of step kinds', () => {
  interface Entry {
    does: string;
    party?: string;
    actions: readonly string[];
    undo?: { activity: string; chain: string; does: string };
  }
  const table = Object.entries(stepKinds) as [StepKind, Entry][];

  test('is the whole list of kinds, each of which has a name that never changes', () => {
    expect(Object.keys(stepKinds)).toEqual([
      'validate',
      'review',
      'await-stock',
      'reserve-stock',
      'authorise-payment',
      'pack',
      'book',
      'stray-label',
      'drop',
      'capture',
      'hand-over',
      'give-up-hand-over',
      'refund',
      'stop',
      'move-return',
      'list-stuck',
    ]);
  });

  test.each([
    ['reserve-stock', { activity: 'releaseStock', chain: 'goods' }],
    ['authorise-payment', { activity: 'voidPayment', chain: 'money' }],
    ['pack', { activity: 'returnToShelf', chain: 'goods' }],
    ['book', { activity: 'cancelBooking', chain: 'goods' }],
    ['stray-label', { activity: 'cancelStrayLabel', chain: 'goods' }],
  ] as const)('%s is undone by %j', (kind, undo) => {
    expect(stepKinds[kind].undo).toMatchObject(undo);
    expect(isUndoable({ kind })).toBe(true);
  });

  test('has no other kind with an undo', () => {
    const undoable = ['reserve-stock', 'authorise-payment', 'pack', 'book', 'stray-label'];
    expect(undoableKinds).toEqual(undoable);
    expect(table.filter(([kind]) => isUndoable({ kind })).map(([kind]) => kind)).toEqual(undoable);
  });

  test.each(table)('says of %s what it does, whom it asks and what a person may do', (kind, entry) => {
    expect(kind).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(entry.does).toMatch(/^[a-z]/);
    expect([...parties, undefined]).toContain(partyOf(kind));
    expect(partyOf(kind)).toBe(entry.party);
    expect(entry.actions).toContain('retry');
    for (const action of entry.actions) expect(stuckActions).toContain(action);
    if (entry.undo === undefined) return;
    expect(entry.undo).toEqual({
      activity: expect.stringMatching(/^[a-z]+[A-Z][A-Za-z]+$/) as string,
      chain: expect.stringMatching(/^(goods|money)$/) as string,
      does: expect.stringMatching(/^[a-z]/) as string,
    });
  });
});
