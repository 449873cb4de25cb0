import type { LegParcel } from '../../../contracts/workflow/order';
import type { Order } from '../order';
import { undo } from '../undo';

/** Takes parcels out of the order: their carriers are cancelled, their goods go back, the order is priced again. */
export async function dropParcels(order: Order, parcels: readonly LegParcel[]): Promise<void> {
  await undo(
    order,
    parcels.flatMap(({ leg, parcel }) => [
      { id: { kind: 'book', leg, parcel }, mayStillHappen: false },
      { id: { kind: 'pack', leg, parcel }, mayStillHappen: false },
    ]),
  );
  for (const { leg, parcel, warehouse } of parcels) {
    const id = { kind: 'drop', leg, parcel } as const;
    const says = `Take the parcel in ${warehouse} out of the order`;
    const { dropped, grand } = await order.take({ id, says, run: ['dropParcel', order.ref(id)] });
    order.changed({ parcels: order.now.parcels.filter((each) => each.leg !== leg || each.parcel !== parcel) });
    order.dropped(dropped, 'it could not be handed to a carrier', grand);
  }
  if (order.now.status === 'authorised' && order.legParcels.every(({ status }) => status !== 'allocated')) {
    order.moved('packed');
  }
}
