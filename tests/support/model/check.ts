import { isAtRest } from '../../../domain/order-status';
import type { CancelAnswer, FulfilOrderResult } from '../../../contracts/workflow/order';
import { steps } from '../../../domain/steps';
import { lineOf } from './forward';
import { VALUES, type World } from './world';

/** How an order ended, as its workflow and the people who asked to cancel it were told. */
export interface End {
  result: FulfilOrderResult;
  answers: CancelAnswer['outcome'][];
  /** Whether its workflow was once stopped from outside. */
  interrupted: boolean;
}

/** What is wrong with an order at its end; empty where the promise was kept. */
export function broken(world: World, end: End): string[] {
  const { books } = world;
  return [
    ...books.violations,
    ...atRest(world, end),
    ...(end.result.status === 'delivered' ? delivered(world) : undone(world)),
    ...leftOver(world),
    ...truth(world, end),
    ...messages(world),
  ];
}

const when = (isWrong: boolean, what: string): string[] => (isWrong ? [what] : []);

const skipped = ({ books }: World, step: string): boolean => books.ledger.get(step)?.state === 'skipped';

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);

function atRest({ books }: World, { result }: End): string[] {
  return [
    ...when(!isAtRest(books.status), `the books say ${books.status}`),
    ...when(books.status !== result.status || books.reason !== result.reason, `the run says ${result.status}`),
    ...when(
      [...books.stuck.values()].some(({ resolved }) => !resolved),
      'a step is listed as stuck',
    ),
  ];
}

/** The refunds that were decided, are written off and never came about. */
function notRefunded(world: World): number {
  const { books, parties } = world;
  const off = [...books.decided].filter(
    ([refund]) => skipped(world, steps.refund(refund)) && !parties.refunds.has(steps.refund(refund)),
  );
  return sum(off.map(([, amount]) => amount));
}

/** What was kept is the worth of what arrived. */
function delivered(world: World): string[] {
  const { books, parties } = world;
  const arrived = books.parcels.filter(({ status }) => status === 'delivered').map(({ parcel }) => lineOf(parcel));
  const worth = sum(arrived.map((line) => VALUES[line] ?? 0)) + notRefunded(world);
  return [
    ...when(parties.captured === undefined, 'delivered without a capture'),
    ...when(parties.kept !== worth, `kept ${parties.kept} for what is worth ${worth}`),
    ...when(new Set(arrived).size !== arrived.length, 'a line was delivered twice'),
    ...when(
      arrived.some((line) => books.dropped.has(line)),
      'a dropped line was delivered',
    ),
  ];
}

/** Nothing was kept, and nothing is on its way. */
function undone(world: World): string[] {
  const { books, parties } = world;
  return [
    ...when(parties.kept !== notRefunded(world), `kept ${parties.kept} of an order that was undone`),
    ...when(
      books.parcels.some(({ status }) => status === 'delivered' || status === 'handed_over'),
      'an undone order was shipped',
    ),
  ];
}

/** No step has left anything behind, unless a person wrote it off. */
function leftOver(world: World): string[] {
  const { books, parties } = world;
  const out = books.parcels.filter(({ status }) => !['allocated', 'returned_to_shelf'].includes(status));
  const shipped = out.filter(({ status }) => status === 'delivered');
  const stock = books.onHand.map((units, line) => {
    const gone = out.filter(({ parcel }) => lineOf(parcel) === line).length;
    const isWrittenOff = books.parcels.some(
      ({ parcel, leg }) => lineOf(parcel) === line && skipped(world, steps.pack(parcel, leg)),
    );
    if (isWrittenOff) return [];
    return when(units + gone !== (books.initially[line] ? 1 : 0), `line ${line} is ${units} on the shelf, ${gone} out`);
  });
  const isShipped = (step: string) =>
    shipped.some(({ parcel, leg }) => [steps.pack(parcel, leg), steps.book(parcel, leg)].includes(step));
  const left = (step: string, isLeft: boolean) =>
    when(isLeft && !isShipped(step) && !skipped(world, step), `${step} left something behind`);
  return [
    ...stock.flat(),
    ...[...parties.holds].flatMap(([step, { state }]) => left(step, state === 'held')),
    ...[...parties.packs].flatMap(([step, state]) => left(step, state === 'packed')),
    ...[...parties.labels].flatMap(([step, state]) => left(step, state !== 'cancelled')),
    ...[...books.held].flatMap((key) => left(steps.reserveStock(Number(key.split('/')[0])), true)),
    ...out
      .filter((each) => !shipped.includes(each))
      .flatMap(({ parcel, leg }) => when(!skipped(world, steps.pack(parcel, leg)), `${parcel} of leg ${leg} is out`)),
  ];
}

/** What a person who asked to cancel was told is what came about. */
function truth({ story, books }: World, { result, answers, interrupted }: End): string[] {
  const cancelled = /^cancelled_by_/.test(result.reason ?? '');
  const pivotal = story.some((call) => call.startsWith('capturePayment'));
  return answers.flatMap((answer) => {
    if (answer === 'too_late') return when(cancelled || !pivotal, `too late to cancel, and yet ${result.reason}`);
    if (answer === 'already_cancelling')
      return when(result.status === 'delivered', 'already cancelling, and delivered');
    const came = interrupted || books.undoneFor.size > 1 ? result.status !== 'delivered' : cancelled;
    return when(!came, `accepted to cancel, and ${result.reason ?? result.status}`);
  });
}

/** What the books owe was sent; where sending itself had trouble, a sweep sends it later. */
function messages({ books, chosen }: World): string[] {
  const troubled = chosen.troubles.some(({ at }) => at === 'sendMessages');
  const unsent = [...books.messages].filter(([, sent]) => !sent).map(([key]) => key);
  return when(!troubled && unsent.length > 0, `not sent: ${unsent.join(', ')}`);
}
