import fc from 'fast-check';
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
import { isAtRest, orderStatuses } from '../../domain/order-status';
import {
  isUndoable,
  stepKinds,
  stepName,
  undoableKinds,
  type StepId,
  type UndoableKind,
} from '../../domain/step-kinds';

const LEGS = 3;
const leg = fc.integer({ min: 1, max: LEGS });
const parcel = fc.constantFrom('BER', 'HAM');

const stepId: fc.Arbitrary<StepId> = fc.oneof(
  fc.record({ kind: fc.constant('reserve-stock' as const), leg }),
  fc.record({ kind: fc.constant('authorise-payment' as const), grant: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constantFrom('pack' as const, 'book' as const, 'drop' as const), leg, parcel }),
  fc.record({ kind: fc.constant('stray-label' as const), leg, parcel, carrier: fc.constantFrom('nordpost', 'hansa') }),
  fc.record({ kind: fc.constantFrom('validate' as const, 'hand-over' as const) }),
);

const bookedStep: fc.Arbitrary<BookedStep> = fc
  .record({
    id: stepId,
    state: fc.constantFrom('applied' as const, 'undoing' as const, 'undone' as const, 'skipped' as const),
    wasApplied: fc.boolean(),
  })
  .map((step) => ({ ...step, wasApplied: step.wasApplied || step.state === 'applied' }));

const byName = { selector: ({ id }: { id: StepId }) => stepName(id) };

const bookedParcel: fc.Arbitrary<BookedParcel> = fc.record({
  parcel,
  leg,
  status: fc.constantFrom('allocated' as const, 'packed' as const, 'booked' as const, 'returned_to_shelf' as const),
});

const books: fc.Arbitrary<OrderBooks> = fc.record({
  status: fc.constantFrom(...orderStatuses),
  fenced: fc.boolean(),
  fencedLeg: fc.integer({ min: 0, max: LEGS }),
  captured: fc.boolean(),
  steps: fc.uniqueArray(bookedStep, { ...byName, maxLength: 12 }),
  parcels: fc.uniqueArray(bookedParcel, { selector: (each) => `${each.parcel}#${each.leg}`, maxLength: 4 }),
});

const calledStep: fc.Arbitrary<CalledStep> = fc.record({
  id: stepId.filter(isUndoable),
  answer: fc.constantFrom('none' as const, 'done' as const, 'refused' as const),
});
const called = fc.uniqueArray(calledStep, { ...byName, maxLength: 8 });
const perhapsCalled = fc.option(called, { nil: undefined });

/** An order that is being undone. */
const undoneBooks = books
  .filter(({ status }) => !isAtRest(status))
  .map((each): OrderBooks => ({ ...each, fenced: true }));

const RUNS = { numRuns: 500 };

const nameOf = ({ id }: { id: StepId }): string => stepName(id);
const namesOf = (steps: readonly { id: StepId }[]): string[] => steps.map(nameOf);
const isOpen = ({ state }: BookedStep): boolean => state === 'applied' || state === 'undoing';

/** The authorisation that a captured order was paid from: its money is refunded, never voided. */
const isCaptured = ({ captured, steps }: OrderBooks, { kind, grant = 1 }: StepId): boolean =>
  captured && kind === 'authorise-payment' && grant === grantsIn(steps.filter(({ state }) => state === 'applied'));

/** Whether a run has been answered `done` for each step that the ledger has applied. */
const hasHeardOfAll = ({ steps }: OrderBooks, answered: readonly CalledStep[]): boolean => {
  const done = answered.filter(({ answer }) => answer === 'done').map(nameOf);
  return steps.every((step) => step.state !== 'applied' || !isUndoable(step.id) || done.includes(nameOf(step)));
};

describe('the steps to undo', () => {
  test('of an order that is being undone hold every booked step that has an undo and is not undone or written off', () => {
    fc.assert(
      fc.property(undoneBooks, perhapsCalled, (given, calls) => {
        const owed = given.steps.filter((step) => isUndoable(step.id) && isOpen(step) && !isCaptured(given, step.id));
        expect(namesOf(stepsToUndo(given, calls))).toEqual(expect.arrayContaining(namesOf(owed)));
      }),
      RUNS,
    );
  });

  test('of an order that is being undone hold every step that its run called, unless the ledger has it undone', () => {
    fc.assert(
      fc.property(undoneBooks, called, (given, calls) => {
        const closed = given.steps.filter((step) => !isOpen(step)).map(nameOf);
        const owed = calls.filter((step) => !closed.includes(nameOf(step)) && !isCaptured(given, step.id));
        expect(namesOf(stepsToUndo(given, calls))).toEqual(expect.arrayContaining(namesOf(owed)));
      }),
      RUNS,
    );
  });

  test('never hold the authorisation from which the payment was captured', () => {
    fc.assert(
      fc.property(books, perhapsCalled, (given, calls) => {
        const held = stepsToUndo(given, calls).filter(({ id }) => isCaptured(given, id));
        expect(namesOf(held)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('of an order at rest, or captured and not being undone, are none', () => {
    fc.assert(
      fc.property(books, perhapsCalled, (given, calls) => {
        fc.pre(['closed', 'to_delivery'].includes(directionOf(given)));
        expect(stepsToUndo(given, calls)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('of an order that goes on are goods of its ended legs alone', () => {
    fc.assert(
      fc.property(books, perhapsCalled, (given, calls) => {
        fc.pre(directionOf(given) === 'to_capture');
        const others = stepsToUndo(given, calls).filter(({ id }) => id.leg === undefined || id.leg > given.fencedLeg);
        expect(namesOf(others)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('hold nothing beyond called and booked for a run that has heard of all that the ledger has', () => {
    fc.assert(
      fc.property(books, called, (given, calls) => {
        const applied = given.steps.filter(({ id, state }) => state === 'applied' && isUndoable(id));
        const done = applied.map(({ id }): CalledStep => ({ id, answer: 'done' }));
        const all = [...calls.filter((call) => !namesOf(done).includes(nameOf(call))), ...done];
        expect(hasHeardOfAll(given, all)).toBe(true);
        const known = [...namesOf(all), ...namesOf(given.steps)];
        const beyond = namesOf(stepsToUndo(given, all)).filter((name) => !known.includes(name));
        expect(beyond).toEqual([]);
      }),
      RUNS,
    );
  });

  test('hold what follows from the ledger for a run that knows nothing of earlier runs: a booking of each packed parcel', () => {
    fc.assert(
      fc.property(undoneBooks, (given) => {
        const booked = namesOf(given.steps);
        const isDropped = ({ leg: ofLeg, parcel: name }: StepId) =>
          given.steps.some(({ id, state }) => {
            return id.kind === 'drop' && state === 'applied' && id.leg === ofLeg && id.parcel === name;
          });
        const possible = given.parcels
          .map((each): StepId => ({ kind: 'pack', leg: each.leg, parcel: each.parcel }))
          .filter((pack) => grantsIn(given.steps) > 0 && !isDropped(pack))
          .map((pack): StepId => (booked.includes(stepName(pack)) ? { ...pack, kind: 'book' } : pack))
          .filter((id) => !booked.includes(stepName(id)));
        const found = stepsToUndo(given, undefined);
        expect(namesOf(found)).toEqual(expect.arrayContaining(possible.map(stepName)));
      }),
      RUNS,
    );
  });

  test('are undone once more exactly where an attempt may still have its effect', () => {
    fc.assert(
      fc.property(books, perhapsCalled, (given, calls) => {
        const booked = new Map(given.steps.map((step) => [nameOf(step), step]));
        const refused = (calls ?? []).filter(({ answer }) => answer === 'refused').map(nameOf);
        for (const step of stepsToUndo(given, calls)) {
          const proven = booked.get(nameOf(step))?.wasApplied === true || refused.includes(nameOf(step));
          expect([nameOf(step), step.mayStillHappen]).toEqual([nameOf(step), !proven]);
        }
      }),
      RUNS,
    );
  });

  test('come to an end: what a lost run may have called beyond the ledger is undone in at most three rounds', () => {
    const state = fc.constantFrom('undone' as const, 'skipped' as const);
    fc.assert(
      fc.property(undoneBooks, perhapsCalled, state, (given, calls, end) => {
        let steps = given.steps;
        let known: readonly CalledStep[] | undefined = calls;
        for (let round = 0; round < 3; round += 1) {
          const found = stepsToUndo({ ...given, steps }, known);
          const kept = steps.filter((step) => !namesOf(found).includes(nameOf(step)));
          steps = [...kept, ...found.map(({ id }): BookedStep => ({ id, state: end, wasApplied: false }))];
          known = (known ?? []).filter((call) => !namesOf(found).includes(nameOf(call)));
        }
        expect(stepsToUndo({ ...given, steps }, known)).toEqual([]);
      }),
      RUNS,
    );
  });
});

const toUndo: fc.Arbitrary<StepToUndo[]> = fc.uniqueArray(
  fc.record({ id: stepId.filter(isUndoable), mayStillHappen: fc.boolean() }),
  { ...byName, maxLength: 14 },
);

describe('the chains of an undo', () => {
  test('hold each step once, in the chain that the table of steps names', () => {
    fc.assert(
      fc.property(toUndo, (steps) => {
        const chains = chainsOf(steps);
        const all = chains.flatMap(({ chain, parcels, rest }) =>
          [...parcels.flat(), ...rest].map((step) => [chain, nameOf(step)].join(' ')),
        );
        const expected = steps.map((step) => [stepKinds[step.id.kind].undo.chain, nameOf(step)].join(' '));
        expect(all.sort()).toEqual(expected.sort());
      }),
      RUNS,
    );
  });

  test("hold one list for each parcel of a leg, and the order's own steps after them", () => {
    fc.assert(
      fc.property(toUndo, (steps) => {
        for (const { parcels, rest } of chainsOf(steps)) {
          expect(rest.every(({ id }) => id.parcel === undefined)).toBe(true);
          const names = parcels.map((links) => new Set(links.map(({ id }) => `${id.parcel}#${id.leg}`)));
          expect(names.every(({ size }) => size === 1)).toBe(true);
          expect(new Set(names.map((name) => [...name][0])).size).toBe(names.length);
        }
      }),
      RUNS,
    );
  });

  test('undo the newest step first: later legs and authorisations before earlier ones, and in a leg against its order', () => {
    const isOlder = (one: StepId<UndoableKind>, other: StepId<UndoableKind>): boolean => {
      const turn = ({ leg: ofLeg = 1, grant = 1 }: StepId) => Math.max(ofLeg, grant);
      if (turn(one) !== turn(other)) return turn(one) < turn(other);
      return undoableKinds.indexOf(one.kind) < undoableKinds.indexOf(other.kind);
    };
    fc.assert(
      fc.property(toUndo, (steps) => {
        for (const { parcels, rest } of chainsOf(steps)) {
          for (const links of [...parcels, rest]) {
            links.slice(1).forEach((link, index) => {
              const before = links[index];
              expect(before !== undefined && isOlder(before.id, link.id)).toBe(false);
            });
          }
        }
      }),
      RUNS,
    );
  });
});

const stop = fc.record({
  handOverGivenUp: fc.boolean(),
  failedBooking: fc.option(fc.record({ leg, lastLeg: fc.nat({ max: LEGS }) }), { nil: undefined }),
});

describe('what a stop does', () => {
  test('is nothing to an order at rest, or one that is being undone: what was recorded stands', () => {
    fc.assert(
      fc.property(books, stop, (given, request) => {
        fc.pre(isAtRest(given.status) || given.fenced);
        expect(effectOf(given, request)).toBe('none');
      }),
      RUNS,
    );
  });

  test('never undoes a captured order, unless a person gave its hand-over up', () => {
    fc.assert(
      fc.property(books, stop, (given, request) => {
        fc.pre(given.captured);
        const effect = effectOf(given, request);
        expect(['none', 'too_late', ...(request.handOverGivenUp ? ['fence_order'] : [])]).toContain(effect);
      }),
      RUNS,
    );
  });

  test('ends a leg at most once, and the order after its last leg', () => {
    fc.assert(
      fc.property(books, stop, (given, request) => {
        const effect = effectOf(given, request);
        const { failedBooking } = request;
        if (effect === 'fence_leg') {
          expect(failedBooking?.leg).toBeGreaterThan(given.fencedLeg);
          expect(failedBooking?.leg).toBeLessThanOrEqual(failedBooking?.lastLeg ?? 0);
        }
        const again = { ...given, fencedLeg: Math.max(given.fencedLeg, failedBooking?.leg ?? 0) };
        if (effect === 'fence_leg') expect(effectOf(again, request)).toBe('none');
      }),
      RUNS,
    );
  });
});

test('an order goes back exactly if it is fenced, and to its delivery only if it is captured', () => {
  fc.assert(
    fc.property(books, (given) => {
      const direction = directionOf(given);
      expect(direction === 'closed').toBe(isAtRest(given.status));
      if (direction !== 'closed') expect(direction === 'back').toBe(given.fenced);
      if (direction === 'to_delivery') expect(given.captured).toBe(true);
    }),
    RUNS,
  );
});
