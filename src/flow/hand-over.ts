import type { CaseUrgency } from '../domain/case.ts';
import type { HandoffReason } from '../domain/effect.ts';
import type { Run } from './run.ts';

/** Queues the conversation for an officer and tells the person: the place in the queue, or when the office opens. */
export function handOver(
  run: Run,
  handoff: {
    readonly reason: HandoffReason;
    readonly urgency: CaseUrgency;
    readonly summary?: string;
    readonly text?: string;
  },
): void {
  const { reason, urgency, summary = '', text = '' } = handoff;
  run.say(text === '' ? standardText(run, urgency) : text);
  run.emit({ type: 'hand-over', reason, urgency, ...(summary === '' ? {} : { summary }) });
}

function standardText(run: Run, urgency: CaseUrgency): string {
  const { isOpen, opensAt, queueLength } = run.context;
  if (isOpen)
    return urgency === 'urgent'
      ? run.engineText('handoff-urgent')
      : run.engineText('handoff-open', { count: queueLength });
  return run.engineText(urgency === 'urgent' ? 'handoff-urgent-closed' : 'handoff-closed', { opensAt });
}
