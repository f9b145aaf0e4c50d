import { broadcastContract } from '../contract/broadcast.contract.ts';
import { budgetContract } from '../contract/budget.contract.ts';
import { queueContract } from '../contract/queue.contract.ts';
import { createInProcessBroadcast } from '../../src/queue/in-process/broadcast.ts';
import { createInProcessBudget } from '../../src/queue/in-process/budget.ts';
import { createInProcessQueue } from '../../src/queue/in-process/queue.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { recordingLog } from './recording-log.ts';

queueContract('one process', async () => createInProcessQueue({ clock: systemClock, log: recordingLog().log }));

broadcastContract('one process', () => {
  const broadcast = createInProcessBroadcast();
  return [broadcast, broadcast];
});

budgetContract('one process', async () => {
  let now = 1_700_000_000_000;
  const clock = { now: () => now, after: () => () => {} };
  return { budget: createInProcessBudget({ clock }), pass: async (ms) => void (now += ms) };
});
