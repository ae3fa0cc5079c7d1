import { testProviderModel } from './provider-model.js';
import { anthropicWire } from './wires/anthropic.js';

testProviderModel(anthropicWire);
