import type { TimelineItem } from '../api/orders/timeline';
import { reasons, type Reason } from '../contracts/failures';
import type { OrderResource } from '../contracts/http/order';
import type { SandboxLedger } from '../contracts/http/sandbox';
import { format } from '../domain/money';
import { isAtRest } from '../domain/order-status';

/** What has happened once a step has: without the parcel or leg in its name. */
const STEPS: Record<string, string> = {
  validate: 'checked and screened',
  'reserve-stock': 'stock reserved',
  'authorise-payment': 'payment authorised',
  pack: 'packed',
  book: 'carrier booked',
  capture: 'payment captured',
  'hand-over': 'handed over to the carrier',
};

/** Steps that are about one parcel, whose name follows. */
const OF_A_PARCEL = ['pack', 'book', 'scan', 'drop', 'given-up'];

/** An entry of a timeline in plain words. */
export function entryInWords({ step, status, reason, note, actor }: TimelineItem): string {
  if (step === null) return note ?? textOf(reason) ?? (status === 'created' ? 'accepted' : String(status));
  const [name = '', parcel] = step.replace(/#.*$/, '').split('/');
  if (note?.startsWith('stuck: ')) return `${step} is stuck${note.slice('stuck'.length)}`;
  if (actor.type !== 'system') return `${actor.type}: ${[step, ...(note === null ? [] : [note])].join(': ')}`;
  const done = STEPS[name] ?? step;
  const where = parcel === undefined || !OF_A_PARCEL.includes(name) ? '' : ` (${parcel})`;
  // A booking's note is only the carrier and its number.
  const isBooking = name === 'book' && note !== null && /[0-9]{4}/.test(note);
  return isBooking ? `${done}${where}: ${note}` : `${note ?? done}${where}`;
}

/** What a reason's code means; an unknown code as it is. */
const textOf = (reason: string | null): string | null =>
  reason !== null && reason in reasons ? reasons[reason as Reason].text : reason;

/** How an order ended, or that it has not. */
export function outcomeOf({ status, reason }: Pick<OrderResource, 'status' | 'reason'>): string {
  const text = textOf(reason);
  const outcome = text === null ? status : `${status}: ${text}`;
  return isAtRest(status) ? outcome : `${outcome}, and still under way`;
}

const NUMBERS = ['never', 'once', 'twice'];
const times = (count: number): string => NUMBERS[count] ?? `${count} times`;

/** What the parties' own books say of an order, in plain words: a line for money, goods, carriers and messages each. */
export function effectsInWords(ledger: SandboxLedger): string[] {
  return [moneyIn(ledger.payments), goodsIn(ledger.packs), labelsIn(ledger.labels), messagesIn(ledger.messages)];
}

function moneyIn(payments: SandboxLedger['payments']): string {
  const told = (['authorise', 'capture', 'void', 'refund'] as const).flatMap((operation) => {
    const found = payments.filter((each) => each.operation === operation);
    const [first] = found;
    return first ? [`${VERBS[operation]} ${times(found.length)} (${format(first)})`] : [];
  });
  return told.length > 0 ? `money: ${told.join(', ')}` : 'money: none was asked for';
}

const VERBS = { authorise: 'authorised', capture: 'captured', void: 'let go', refund: 'refunded' };

function goodsIn(packs: SandboxLedger['packs']): string {
  const told = [...new Set(packs.map(({ warehouse }) => warehouse))].map((warehouse) => {
    const count = (operation: string) =>
      packs.filter((each) => each.warehouse === warehouse && each.operation === operation).length;
    const back = count('return_to_shelf');
    return `packed ${times(count('pack'))} in ${warehouse}${back > 0 ? `, put back ${times(back)}` : ''}`;
  });
  return told.length > 0 ? `goods: ${told.join(', ')}` : 'goods: nothing was packed';
}

function labelsIn(labels: SandboxLedger['labels']): string {
  const count = (operation: string) => labels.filter((each) => each.operation === operation).length;
  const booked = labels.filter(({ operation }) => operation === 'book');
  if (booked.length === 0) return 'carrier: no label was made';
  const carriers = [...new Set(booked.map(({ carrier }) => carrier))].join(' and ');
  const [cancelled, handedOver] = [count('cancel'), count('hand_over')];
  return (
    `carrier: ${booked.length} ${booked.length === 1 ? 'label' : 'labels'} of ${carriers}` +
    (cancelled > 0 ? `, cancelled ${times(cancelled)}` : '') +
    (handedOver > 0 ? `, ${handedOver} ${handedOver === 1 ? 'parcel' : 'parcels'} handed over` : '')
  );
}

const messagesIn = (messages: SandboxLedger['messages']): string =>
  `customer: ${messages.length > 0 ? `was sent ${messages.map(({ template }) => template).join(', ')}` : 'was sent nothing'}`;
