import type { OrderResource } from '../contracts/http/order';
import type { Terminal } from './board';
import { DemoError, type DemoClient } from './client';
import { followAll, type FollowedOrder } from './follow';
import type { Scenario } from './scenario';
import { createStage, type Told } from './stage';

/** An order of the demo with what became of its act. */
export interface Played extends Told {
  scenario: Scenario;
  title: string;
  orderId: string;
  /** Why the act could not be played to its end. */
  failed: string | undefined;
}

interface Playing {
  /** Resolves when the order needs no faults any more. */
  unharmed: Promise<unknown>;
  played: Promise<Played>;
}

/**
 * Plays all scenarios at once and shows them, until every order is at rest or the time is up. The faults are cleared
 * when no order needs them any more, which releases what is on hold.
 */
export async function play(
  client: DemoClient,
  scenarios: readonly Scenario[],
  orders: readonly OrderResource[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Played[]> {
  const acts = scenarios.map((scenario, index) => {
    return { scenario, title: `${index + 1} ${scenario.title}`, order: orders[index] as OrderResource };
  });
  const followed = followAll(client, acts, terminal, signal);
  let cleared: () => void = () => undefined;
  const mended = new Promise<void>((resolve) => (cleared = resolve));
  const playing = acts.map((act, index) => playOne(client, act, followed[index] as FollowedOrder, mended, signal));
  await Promise.all(playing.map(({ unharmed }) => unharmed));
  await client.call('admin', 'PUT', '/v1/sandbox/faults', []);
  cleared();
  await Promise.all(followed.map(({ ended }) => ended));
  return Promise.all(playing.map(({ played }) => played));
}

function playOne(
  client: DemoClient,
  { scenario, title, order: { id: orderId } }: { scenario: Scenario; title: string; order: OrderResource },
  followed: FollowedOrder,
  mended: Promise<void>,
  signal: AbortSignal,
): Playing {
  let waits: () => void = () => undefined;
  const waitsForMending = new Promise<void>((resolve) => (waits = resolve));
  const untilMended = () => {
    waits();
    return mended;
  };
  const { stage, told } = createStage(client, orderId, followed, untilMended, signal);
  const played = whyNot(scenario.act?.(stage)).then((failed) => ({ scenario, title, orderId, failed, ...told }));
  const over = scenario.restsLate ? played : Promise.all([played, followed.ended]);
  return { played, unharmed: Promise.race([over, waitsForMending]) };
}

async function whyNot(act: Promise<void> | undefined): Promise<string | undefined> {
  try {
    await act;
    return undefined;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    return error.message;
  }
}
