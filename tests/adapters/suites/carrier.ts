import { randomUUID } from 'node:crypto';
import type { CarrierPort } from '../../../adapters/ports';
import { callFor, racing, recipient } from './calls';

const refused = { name: 'PartyRefused', reason: 'no_carrier' };

/** What every carrier promises, whichever it is. */
export function describeCarrierPort(name: string, create: () => Promise<CarrierPort> | CarrierPort): void {
  describe(`carrier port: ${name}`, () => {
    let carrier: CarrierPort;

    beforeAll(async () => {
      carrier = await create();
    });

    const booking = () => {
      const call = callFor('book/BER');
      return { ...call, shipmentId: `shp_${randomUUID()}`, warehouse: 'BER', recipient };
    };
    const booked = async () => {
      const call = booking();
      await carrier.book(call);
      return { call, handOver: { ...callFor('hand-over/BER', call.order), bookingKey: call.key } };
    };

    test('books one label for a key, also where the calls race', async () => {
      const call = booking();
      const labels = await racing(() => carrier.book(call));
      const again = await carrier.book(call);
      for (const label of labels) expect(label).toEqual(again);
      expect(await carrier.lookup(call.key)).toBe('booked');
    });

    test('gives a label with its own name, a tracking number and the time of delivery', async () => {
      const [label, other] = [await carrier.book(booking()), await carrier.book(booking())];
      expect(label.carrier).toBe(carrier.carrier);
      expect(label.trackingNumber).not.toBe(other.trackingNumber);
      expect(new Date(label.estimatedDelivery).toISOString()).toBe(label.estimatedDelivery);
      expect(() => new URL(label.labelUrl)).not.toThrow();
    });

    test('cancels a booking, however often it is asked', async () => {
      const { call } = await booked();
      await racing(() => carrier.cancel(call));
      await carrier.cancel(call);
      expect(await carrier.lookup(call.key)).toBe('cancelled');
    });

    test('cancels what was never booked by doing nothing', async () => {
      const call = callFor('book/BER');
      await carrier.cancel(call);
      expect(await carrier.lookup(call.key)).toBe('unknown');
    });

    test('cancels a booking that arrives after a cancellation of nothing', async () => {
      const call = booking();
      await carrier.cancel(call);
      await carrier.book(call);
      expect(await carrier.lookup(call.key)).toBe('booked');
      await carrier.cancel(call);
      expect(await carrier.lookup(call.key)).toBe('cancelled');
    });

    test('takes a parcel over once, however often it is asked', async () => {
      const { call, handOver } = await booked();
      await racing(() => carrier.handOver(handOver));
      await carrier.handOver(handOver);
      expect(await carrier.lookup(call.key)).toBe('booked');
    });

    test('refuses to cancel a parcel that was handed over', async () => {
      const { call, handOver } = await booked();
      await carrier.handOver(handOver);
      await expect(carrier.cancel(call)).rejects.toMatchObject(refused);
      expect(await carrier.lookup(call.key)).toBe('booked');
    });

    test('refuses a parcel whose booking was cancelled, or never made', async () => {
      const { call, handOver } = await booked();
      await carrier.cancel(call);
      await expect(carrier.handOver(handOver)).rejects.toMatchObject(refused);
      await expect(carrier.handOver({ ...handOver, bookingKey: 'ord_unknown/book' })).rejects.toMatchObject(refused);
    });

    test('never both cancels and takes over a parcel, where the two race', async () => {
      for (let round = 0; round < 10; round++) {
        const { call, handOver } = await booked();
        const outcomes = await Promise.allSettled([carrier.cancel(call), carrier.handOver(handOver)]);
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      }
    });
  });
}
