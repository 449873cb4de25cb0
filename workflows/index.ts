export { fulfilOrder } from './fulfil-order';
export { returnOrder } from './return-order';
export { sweep } from './sweep';
