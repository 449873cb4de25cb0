export { fulfilOrder } from './fulfil-order';
export { sweep } from './sweep';
