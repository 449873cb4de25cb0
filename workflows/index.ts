export { fulfilOrder } from './order/fulfil-order';
export { returnOrder } from './return/return-order';
export { sweep } from './sweep';
