/**
 * What a type check can't know of a page: which element a template has at a selector, and that whatever is listened to
 * here comes from elements, with a detail of ours. No browser loads this.
 */
interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface EventTarget {
  readonly id?: any;
  closest?(selectors: string): any;
}
interface Event {
  readonly detail?: any;
}
interface Document {
  readonly activeElement: any;
  getElementById(id: string): any;
}
interface WheelEvent {
  readonly wheelDeltaY?: number;
}
