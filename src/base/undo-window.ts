/** How long after its end an operation can be undone, in hours. What its undo needs is not purged before. */
export const undoableHours = 24;
