export { authorisePayment } from './authorise-payment';
export { capture } from './capture';
export { handOver } from './hand-over';
export { packAndBook } from './pack-and-book';
export { refundWhatDoesNotShip } from './refund';
export { reserveStock } from './reserve-stock';
export { validate } from './validate';
export { waitForCarriers } from './wait-for-carriers';
