/** Something wrong with a flow, as its author reads it. `error`s keep a flow from being published. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Stable, for tests and for the editor's own wording. */
  readonly code: ProblemCode;
  readonly flow?: string;
  readonly node?: string;
  /** What, where, and what was expected. */
  readonly message: string;
}

export type ProblemCode =
  | 'form'
  | 'node-repeated'
  | 'start-unknown'
  | 'exit-unknown'
  | 'exit-open'
  | 'exit-dangling'
  | 'node-unreachable'
  | 'loop-without-wait'
  | 'text-empty'
  | 'translation-missing'
  | 'text-key-missing'
  | 'plural-missing'
  | 'placeholder-broken'
  | 'placeholder-uneven'
  | 'placeholder-unknown'
  | 'fact-missing'
  | 'choice-too-long'
  | 'choices-too-many'
  | 'choice-repeated'
  | 'variable-undeclared'
  | 'variable-clash'
  | 'result-undeclared'
  | 'expression-broken'
  | 'condition-not-bool'
  | 'flow-unknown'
  | 'flow-recursive'
  | 'parameter-unknown'
  | 'parameter-missing'
  | 'outcome-unhandled'
  | 'dead-end'
  | 'kind'
  | 'entry-unknown'
  | 'intent-flow-unknown'
  | 'intent-phrases-missing'
  | 'intent-phrases-clash'
  | 'human-missing'
  | 'faq-placeholder-broken';
