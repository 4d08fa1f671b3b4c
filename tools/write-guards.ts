import { writeFileSync } from 'node:fs';
import { guardsFile, roomGuards } from './room-guards.ts';

writeFileSync(guardsFile, roomGuards());
