import type { SandboxFault, SandboxLedger } from '../../contracts/http/sandbox';
import type { Policy } from '../../contracts/policy';
import { verifyBooks, type BooksReport } from '../../books/verify';
import { startFulfilmentStack, type FulfilmentStack } from './fulfilment-stack';
import { givenOrder, givenStock, quickPolicy, type GivenOrder } from './given';
import type { LiveOrder } from './live-order';
import { amissInHistories } from './histories';

/** A scripted fault that strikes one cell's order only. */
export type CellFault = Pick<SandboxFault, 'port' | 'operation' | 'kind'> & {
  times?: number;
  carrier?: string;
  delayMs?: number;
};

/** What must have come of an order, exactly. */
export interface Expected {
  status: string;
  reason?: string;
  /** The effects in the providers' books: payments in their order, the others in any. */
  payments: string[];
  packs: string[];
  labels: string[];
  messages: string[];
  /** `<warehouse> <units on hand>/<units reserved>`; left out, two units have left BER, or none has. */
  shelves?: string[];
  /** The steps that a person wrote off. */
  writeOffs?: string[];
}

/** An order, what happens to it, and what must come of it. */
export interface Cell extends Expected {
  /** What happens, as a clause. */
  when: string;
  faults?: CellFault[];
  /** Units of the order's one sku, by warehouse; 10 in BER where left out. */
  stock?: Record<string, number>;
  /** How many of it are ordered; 2 where left out. */
  quantity?: number;
  /** How long the order waits for stock that there is not, if it does. */
  backorderMs?: number;
  order?: Omit<GivenOrder, 'lines' | 'policy' | 'clientReference' | 'backorderUntil'>;
  policy?: Partial<Policy>;
  /** What people see and do meanwhile. */
  meanwhile?(order: LiveOrder, stack: FulfilmentStack, sku: string): Promise<void>;
}

/** What came of the cells' orders, which were run side by side. */
export interface RanCells {
  stack: FulfilmentStack;
  books: BooksReport;
  /** The faults that were scripted for a number of times and did not strike as often. */
  unusedFaults: string[];
  /** What is amiss in the orders' histories: a workflow task that failed, or that replayed goes otherwise. */
  amiss: string[];
  /** Throws what went wrong with the cell's order. */
  outcome(cell: Cell): Expected & { bookedStatus: string };
}

/** The longest that an order may take, which no slow machine misses; what people wait for in it is given up before. */
const WITHIN_MS = 300_000;
const AT_ONCE = 24;
/** How long a test may wait for its cells. */
export const CELLS_WITHIN_MS = 900_000;

/** So that a try which takes long, since many orders run side by side, is not taken for one that is lost. */
const UNHURRIED: Partial<Policy> = { firstTryTimeoutMs: 5000, partyTimeoutMs: 5000, stepTimeoutMs: 6000 };

/** Runs the cells side by side, each with a sku of its own and faults that match only its order. */
export async function runCells(cells: readonly Cell[]): Promise<RanCells> {
  const stack = await startFulfilmentStack();
  const ref = (cell: Cell) => `CELL-${cells.indexOf(cell)}`;
  await givenStock(stack.database, Object.fromEntries(cells.map((cell) => [ref(cell), cell.stock ?? { BER: 10 }])));
  await stack.sandbox.replaceFaults(
    cells.flatMap((cell) =>
      (cell.faults ?? []).map(({ carrier, ...fault }) => ({
        ...fault,
        match: { clientReference: ref(cell), ...(carrier !== undefined && { carrier }) },
      })),
    ),
  );
  const outcomes = new Map<Cell, PromiseSettledResult<Awaited<ReturnType<typeof runCell>>>>();
  const left = [...cells];
  const runLeft = async () => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      const [outcome] = await Promise.allSettled([runCell(stack, cell, ref(cell))]);
      outcomes.set(cell, outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runLeft));
  const books = await verifyBooks(stack.url);
  const unused = await stack.database.sandboxFault.findMany({ where: { remaining: { gt: 0 } } });
  return {
    stack,
    books,
    amiss: await amissInHistories(stack),
    unusedFaults: unused.map(({ operation, kind, match }) => `${operation} ${kind} ${JSON.stringify(match)}`),
    outcome: (cell) => {
      const outcome = outcomes.get(cell);
      if (outcome?.status !== 'fulfilled') throw outcome?.reason;
      const { orderId, ...found } = outcome.value;
      const writeOffs = books.writeOffs.filter((step) => step.startsWith(orderId));
      return { ...found, writeOffs: writeOffs.map((step) => step.slice(orderId.length + 1)) };
    },
  };
}

async function runCell(stack: FulfilmentStack, cell: Cell, clientReference: string) {
  const { order, policy, quantity = 2, backorderMs, status, meanwhile } = cell;
  const input = await givenOrder(stack.database, {
    ...order,
    ...(backorderMs !== undefined && { backorderUntil: new Date(Date.now() + backorderMs) }),
    clientReference,
    lines: [{ sku: clientReference, quantity }],
    policy: quickPolicy({ ...UNHURRIED, patienceMs: status === 'failed' ? 1500 : 60_000, ...policy }),
  });
  const { orderId } = input;
  const handle = await stack.temporal.start(input);
  const live = stack.watch({ orderId, clientReference });
  const both = Promise.all([stack.untilSettled(orderId), meanwhile?.(live, stack, clientReference)]);
  const [fulfilled] = await within(WITHIN_MS, cell.when, both).catch(async (error: unknown) => {
    await handle.terminate('given up by its test').catch(() => undefined);
    throw error;
  });
  return { orderId, ...told(fulfilled.ledger), ...pick(fulfilled) };
}

const pick = ({ status, bookedStatus, reason }: { status: string; bookedStatus: string; reason: string | null }) => ({
  status,
  bookedStatus,
  ...(reason !== null && { reason }),
});

const told = ({ payments, packs, labels, messages, stock }: SandboxLedger) => ({
  payments: payments.map(({ operation }) => operation),
  packs: packs.map(({ operation }) => operation).sort(),
  labels: labels.map(({ carrier, operation }) => `${carrier} ${operation}`).sort(),
  messages: messages.map(({ template }) => template).sort(),
  shelves: stock.map(({ warehouse, onHand, reserved }) => `${warehouse} ${onHand}/${reserved}`),
});

/** The expectation in the form of what is found. */
export function expectedOf(cell: Cell): ReturnType<RanCells['outcome']> {
  const { status, reason, payments, packs, labels, messages, shelves, writeOffs = [] } = cell;
  return {
    status,
    bookedStatus: status,
    ...(reason !== undefined && { reason }),
    payments,
    packs: sorted(packs),
    labels: sorted(labels),
    messages: sorted(messages),
    shelves: shelves ?? [status === 'delivered' ? 'BER 8/0' : 'BER 10/0'],
    writeOffs,
  };
}

/** A matcher stays as it is. */
const sorted = (texts: string[]): string[] => (Array.isArray(texts) ? [...texts].sort() : texts);

async function within<T>(ms: number, what: string, task: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: the order did not come to rest within ${ms} ms`)), ms);
  });
  return Promise.race([task, late]).finally(() => clearTimeout(timer));
}
