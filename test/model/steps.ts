import { planSteps } from './plan-steps.ts';
import { pollSteps } from './poll-steps.ts';
import { runSteps } from './run-steps.ts';

/** All that people, time, Discord and crashes can do. */
export const step = { ...planSteps, ...runSteps, ...pollSteps };
