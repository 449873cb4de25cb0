import type { Parties } from '../adapters/ports';
import type { Database } from '../infra/database/client';
import { createAttentionActivities } from './order/attention';
import { createBackorderActivities } from './order/await-stock';
import { createDeliveryActivities } from './shipping/record-scan';
import { createDropParcelActivities } from './stock/drop-parcel';
import { createGiveUpHandOverActivities } from './shipping/give-up-hand-over';
import { createHandOverActivities } from './shipping/hand-over';
import { createInOneGo } from './order/in-turn';
import { createInspectionActivities } from './returns/inspect-return';
import { createInventoryActivities } from './stock/reserve';
import { createNotificationActivities } from './order/send-messages';
import { createPaymentActivities } from './payment/authorise';
import { createRecoveryActivities } from './order/recovery';
import { createRefundActivities } from './payment/refund';
import { createReturnActivities } from './returns/move-return';
import { createScreeningActivities } from './order/validate';
import { createShippingActivities } from './shipping/book';
import { StepLedger } from './ledger/step-ledger';
import { createUnwindingActivities } from './order/unwinding';
import { createWarehouseActivities } from './warehouse/pack';
import { createWriteOffRefundActivities } from './payment/write-off-refund';

/** All activities of orders, over the given books and parties. */
export function createActivities({ database, parties }: { database: Database; parties: Parties }) {
  const ledger = new StepLedger(database);
  const activities = {
    ...createScreeningActivities({ ledger, screening: parties.screening }),
    ...createInventoryActivities({ ledger, inventory: parties.inventory }),
    ...createBackorderActivities({ database }),
    ...createDropParcelActivities({ ledger }),
    ...createPaymentActivities({ ledger, payment: parties.payment }),
    ...createWarehouseActivities({ ledger, warehouse: parties.warehouse }),
    ...createShippingActivities({ ledger, carriers: parties.carriers }),
    ...createHandOverActivities({ ledger, carriers: parties.carriers }),
    ...createGiveUpHandOverActivities({ ledger, carriers: parties.carriers }),
    ...createDeliveryActivities({ database }),
    ...createNotificationActivities({ database, notification: parties.notification }),
    ...createAttentionActivities({ database }),
    ...createUnwindingActivities({ database }),
    ...createRecoveryActivities({ ledger, payment: parties.payment }),
    ...createRefundActivities({ ledger, payment: parties.payment }),
    ...createWriteOffRefundActivities({ database }),
    ...createReturnActivities({ database }),
    ...createInspectionActivities({ database }),
  };
  return { ...activities, ...createInOneGo(activities) };
}

/** What an order's workflow may call. */
export type FulfilmentActivities = ReturnType<typeof createActivities>;
