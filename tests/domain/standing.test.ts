import { restingStatuses, type OrderStatus } from '../../domain/order-status';
import {
  chainsOf,
  directionOf,
  effectOf,
  grantsIn,
  stepsToUndo,
  type BookedParcel,
  type BookedStep,
  type CalledStep,
  type OrderBooks,
  type StepToUndo,
} from '../../domain/standing';
import { stepName, type StepId } from '../../domain/step-kinds';

const reserve = (leg = 1): StepId<'reserve-stock'> => ({ kind: 'reserve-stock', leg });
const hold = (grant = 1): StepId<'authorise-payment'> => ({ kind: 'authorise-payment', grant });
const pack = (parcel: string, leg = 1): StepId<'pack'> => ({ kind: 'pack', parcel, leg });
const book = (parcel: string, leg = 1): StepId<'book'> => ({ kind: 'book', parcel, leg });
const stray = (parcel: string, carrier: string): StepId<'stray-label'> => ({
  kind: 'stray-label',
  parcel,
  carrier,
  leg: 1,
});
const drop = (parcel: string): StepId => ({ kind: 'drop', parcel, leg: 1 });
const validate: StepId = { kind: 'validate' };
const capture: StepId = { kind: 'capture' };

const applied = (id: StepId): BookedStep => ({ id, state: 'applied', wasApplied: true });
const undoing = (id: StepId, wasApplied = true): BookedStep => ({ id, state: 'undoing', wasApplied });
const undone = (id: StepId, wasApplied = true): BookedStep => ({ id, state: 'undone', wasApplied });
const skipped = (id: StepId, wasApplied = true): BookedStep => ({ id, state: 'skipped', wasApplied });

const called = (...ids: StepId[]): CalledStep[] => ids.map((id) => ({ id, answer: 'none' }));
const done = (...ids: StepId[]): CalledStep[] => ids.map((id) => ({ id, answer: 'done' }));
const refused = (...ids: StepId[]): CalledStep[] => ids.map((id) => ({ id, answer: 'refused' }));

const parcelIn = (parcel: string, leg = 1): BookedParcel => ({ parcel, leg, status: 'allocated' });

const booksOf = (over: Partial<OrderBooks> = {}): OrderBooks => ({
  status: over.fenced ? 'compensating' : 'authorised',
  fenced: false,
  fencedLeg: 0,
  captured: false,
  steps: [],
  parcels: [],
  ...over,
});

/** The steps to undo by name; those of which an attempt may still have its effect with a question mark. */
const namesOf = (steps: StepToUndo[]): string[] =>
  steps.map(({ id, mayStillHappen }) => `${stepName(id)}${mayStillHappen ? '?' : ''}`).sort();

describe('the direction of an order', () => {
  test.each(restingStatuses)('that is %s is closed, whatever else the books say', (status) => {
    for (const fenced of [true, false]) {
      for (const captured of [true, false]) expect(directionOf({ status, fenced, captured })).toBe('closed');
    }
  });

  test.each<[OrderStatus, boolean, boolean, string]>([
    ['created', false, false, 'to_capture'],
    ['in_review', false, false, 'to_capture'],
    ['awaiting_stock', false, false, 'to_capture'],
    ['pending_retry', false, false, 'to_capture'],
    ['packed', false, false, 'to_capture'],
    ['paid', false, true, 'to_delivery'],
    ['shipped', false, true, 'to_delivery'],
    ['needs_attention', false, true, 'to_delivery'],
    ['needs_attention', false, false, 'to_capture'],
    ['compensating', true, false, 'back'],
    ['compensating', true, true, 'back'],
    ['needs_attention', true, false, 'back'],
    ['needs_attention', true, true, 'back'],
  ])('that is %s, fenced: %s, captured: %s', (status, fenced, captured, direction) => {
    expect(directionOf({ status, fenced, captured })).toBe(direction);
  });
});

describe('the effect of a stop', () => {
  const reason = { handOverGivenUp: false };
  const failedIn = (leg: number, lastLeg: number) => ({ handOverGivenUp: false, failedBooking: { leg, lastLeg } });
  const givenUp = { handOverGivenUp: true };

  test.each<[string, Partial<OrderBooks>, Parameters<typeof effectOf>[1], string]>([
    ['fences an order before the capture', { status: 'authorised' }, reason, 'fence_order'],
    ['fences one that was just accepted', { status: 'created' }, reason, 'fence_order'],
    ['fences one whose capture is stuck', { status: 'needs_attention' }, reason, 'fence_order'],
    ['does nothing to one that is being undone', { fenced: true }, reason, 'none'],
    ['does nothing to one at rest', { status: 'cancelled', fenced: true }, reason, 'none'],
    ['does nothing to one that is delivered', { status: 'delivered', captured: true }, reason, 'none'],
    ['is too late for one that is paid', { status: 'paid', captured: true }, reason, 'too_late'],
    ['is too late for one that is shipped', { status: 'shipped', captured: true }, reason, 'too_late'],
    ['is too late for one captured at the provider', { status: 'packed', captured: true }, reason, 'too_late'],
    ['is too late for a stuck one that is captured', { status: 'needs_attention', captured: true }, reason, 'too_late'],
    ['ends a leg that may be tried again', { status: 'packed' }, failedIn(1, 3), 'fence_leg'],
    ['ends the last leg that may be', { status: 'packed', fencedLeg: 2 }, failedIn(3, 3), 'fence_leg'],
    ['fences the order after the last leg', { status: 'packed', fencedLeg: 3 }, failedIn(4, 3), 'fence_order'],
    ['fences the order where no leg is tried again', { status: 'packed' }, failedIn(1, 0), 'fence_order'],
    ['does nothing to a leg that has ended', { status: 'pending_retry', fencedLeg: 1 }, failedIn(1, 3), 'none'],
    ['does not end a leg of an order that is undone', { fenced: true }, failedIn(1, 3), 'none'],
    ['does not end a leg of a captured order', { status: 'paid', captured: true }, failedIn(1, 3), 'too_late'],
    [
      'undoes a captured order whose hand-over was given up',
      { status: 'paid', captured: true },
      givenUp,
      'fence_order',
    ],
    ['undoes a stuck one', { status: 'needs_attention', captured: true }, givenUp, 'fence_order'],
    ['gives up no hand-over before the capture', { status: 'packed' }, givenUp, 'none'],
    ['gives up a hand-over once', { fenced: true, captured: true }, givenUp, 'none'],
    ['gives up no hand-over of an order at rest', { status: 'delivered', captured: true }, givenUp, 'none'],
  ])('%s', (_, books, request, effect) => {
    expect(effectOf(booksOf(books), request)).toBe(effect);
  });
});

describe('the steps to undo', () => {
  const one = [parcelIn('BER')];

  test.each<[string, Partial<OrderBooks>, CalledStep[] | undefined, string[]]>([
    ['nothing was done', { fenced: true }, [], []],
    ['a step without an undo is left as it is', { fenced: true, steps: [applied(validate)] }, done(validate), []],
    ['the ledger has a step', { fenced: true, steps: [applied(reserve())] }, done(reserve()), ['reserve-stock']],
    ['a reply was lost: the step may have happened', { fenced: true }, called(hold()), ['authorise-payment?']],
    [
      'a refusal follows a lost reply: it may have happened too',
      { fenced: true },
      refused(hold()),
      ['authorise-payment'],
    ],
    [
      'the ledger has what the run heard nothing of: it may have gone further, too',
      { fenced: true, steps: [applied(reserve())], parcels: one },
      called(reserve()),
      ['authorise-payment?', 'reserve-stock'],
    ],
    [
      'an undo was begun and not ended',
      { fenced: true, steps: [undoing(reserve()), undoing(hold())] },
      done(reserve(), hold()),
      ['authorise-payment', 'reserve-stock'],
    ],
    [
      'an undo was begun of a step that was never applied',
      { fenced: true, steps: [undoing(hold(), false)] },
      called(hold()),
      ['authorise-payment?'],
    ],
    ['all is undone', { fenced: true, steps: [undone(reserve()), undone(hold())] }, done(reserve(), hold()), []],
    ['a person wrote the undo off', { fenced: true, steps: [skipped(hold())] }, done(hold()), []],
    [
      'it was undone before it could happen: a run that knows its calls undoes it no more',
      { fenced: true, steps: [undone(hold(), false)] },
      called(hold()),
      [],
    ],
    [
      'it was undone before it could happen, in a lost run: it is undone once more',
      { fenced: true, steps: [undone(hold(), false)] },
      undefined,
      ['authorise-payment?'],
    ],
    [
      'it was applied and undone: it cannot happen again',
      { fenced: true, steps: [undone(book('BER'))] },
      undefined,
      [],
    ],
    [
      'a stray label is undone with the order',
      { fenced: true, steps: [applied(book('BER')), undoing(stray('BER', 'nordpost'), false)] },
      done(book('BER')),
      ['book/BER', 'stray-label/BER/nordpost?'],
    ],
    [
      'every authorisation of an order that was not captured',
      { fenced: true, steps: [undoing(hold(1)), applied(hold(2))] },
      done(hold(1), hold(2)),
      ['authorise-payment', 'authorise-payment#2'],
    ],
    [
      'but not the one that was captured',
      {
        fenced: true,
        captured: true,
        steps: [applied(capture), applied(pack('BER')), undoing(hold(1)), applied(hold(2))],
      },
      done(hold(1), hold(2), pack('BER')),
      ['authorise-payment', 'pack/BER'],
    ],
    ['the order goes on: none of the leg under way', { steps: [applied(reserve())] }, done(reserve()), []],
    [
      'the order is tried again: the goods of the ended leg, and no money',
      { fencedLeg: 1, steps: [applied(reserve()), applied(hold()), applied(pack('BER'))], parcels: one },
      done(reserve(), hold(), pack('BER')),
      ['pack/BER', 'reserve-stock'],
    ],
    [
      'a later leg goes on: only those of the ended ones',
      { fencedLeg: 1, steps: [undone(reserve()), applied(hold()), undoing(book('BER')), applied(reserve(2))] },
      done(reserve(), hold(), book('BER'), reserve(2)),
      ['book/BER'],
    ],
    [
      'it goes on to its delivery',
      { status: 'paid', captured: true, steps: [applied(reserve())] },
      done(reserve()),
      [],
    ],
    ['it is at rest', { status: 'cancelled', fenced: true, steps: [applied(reserve())] }, done(reserve()), []],
  ])('%s', (_, books, calls, expected) => {
    expect(namesOf(stepsToUndo(booksOf(books), calls))).toEqual(expected);
  });

  describe('of a lost run, also what it could have called', () => {
    const paidFor = [applied(reserve()), applied(hold())];
    const two = [parcelIn('BER'), parcelIn('HAM')];

    test.each<[string, Partial<OrderBooks>, string[]]>([
      ['nothing before the reservation', { fenced: true, steps: [applied(validate)] }, []],
      [
        'the authorisation after it',
        { fenced: true, steps: [applied(reserve())], parcels: one },
        ['authorise-payment?', 'reserve-stock'],
      ],
      [
        'each packing after that',
        { fenced: true, steps: paidFor, parcels: two },
        ['authorise-payment', 'pack/BER?', 'pack/HAM?', 'reserve-stock'],
      ],
      [
        'the booking of a parcel that is packed',
        { fenced: true, steps: [...paidFor, applied(pack('BER'))], parcels: two },
        ['authorise-payment', 'book/BER?', 'pack/BER', 'pack/HAM?', 'reserve-stock'],
      ],
      [
        'nothing of a parcel that was dropped',
        { fenced: true, steps: [...paidFor, applied(drop('HAM'))], parcels: two },
        ['authorise-payment', 'pack/BER?', 'reserve-stock'],
      ],
      [
        'the renewal of the authorisation in a later leg',
        { fenced: true, fencedLeg: 1, steps: [undone(reserve()), applied(hold())] },
        ['authorise-payment', 'authorise-payment#2?'],
      ],
      [
        'no authorisation once it is captured',
        { fenced: true, captured: true, fencedLeg: 1, steps: [applied(hold()), applied(capture)] },
        [],
      ],
      [
        'of an order that goes on only the goods of its ended leg',
        { fencedLeg: 1, steps: [...paidFor, applied(pack('BER'))], parcels: [...two, parcelIn('BER', 2)] },
        ['book/BER?', 'pack/BER', 'pack/HAM?', 'reserve-stock'],
      ],
    ])('%s', (_, books, expected) => {
      expect(namesOf(stepsToUndo(booksOf(books), undefined))).toEqual(expected);
    });
  });

  test('each step is named once, though run and ledger both know it', () => {
    const steps = [applied(reserve()), applied(hold())];
    expect(stepsToUndo(booksOf({ fenced: true, steps }), [...done(reserve()), ...called(hold())])).toHaveLength(2);
  });
});

test('the authorisations in the ledger are counted by their numbers, whatever became of them', () => {
  expect(grantsIn([applied(reserve())])).toBe(0);
  expect(grantsIn([undone(hold(1)), applied(hold(3))])).toBe(3);
});

describe('the chains of an undo', () => {
  const chains = (...ids: StepToUndo['id'][]) =>
    chainsOf(ids.map((id) => ({ id, mayStillHappen: false }))).map(({ chain, parcels, rest }) => ({
      chain,
      parcels: parcels.map((links) => links.map(({ id }) => stepName(id))),
      rest: rest.map(({ id }) => stepName(id)),
    }));

  test('are goods and money, side by side, also where one has nothing to undo', () => {
    expect(chains(hold())).toEqual([
      { chain: 'goods', parcels: [], rest: [] },
      { chain: 'money', parcels: [], rest: ['authorise-payment'] },
    ]);
  });

  test('undo each parcel newest first, side by side with the others, and then the reservation', () => {
    expect(chains(reserve(), hold(), pack('BER'), book('BER'), pack('HAM'), stray('BER', 'nordpost'))[0]).toEqual({
      chain: 'goods',
      parcels: [['stray-label/BER/nordpost', 'book/BER', 'pack/BER'], ['pack/HAM']],
      rest: ['reserve-stock'],
    });
  });

  test('tell the parcels of different legs apart, and free the newest leg first', () => {
    expect(chains(reserve(1), pack('BER', 1), reserve(2), pack('BER', 2))[0]).toEqual({
      chain: 'goods',
      parcels: [['pack/BER#2'], ['pack/BER']],
      rest: ['reserve-stock#2', 'reserve-stock'],
    });
  });

  test('void the newest authorisation first', () => {
    expect(chains(hold(1), hold(2))[1]?.rest).toEqual(['authorise-payment#2', 'authorise-payment']);
  });

  test('have each step once', () => {
    const ids = [reserve(), hold(), pack('BER'), book('BER')];
    const names = chains(...ids).flatMap(({ parcels, rest }) => [...parcels.flat(), ...rest]);
    expect(names.sort()).toEqual(ids.map(stepName).sort());
  });
});
