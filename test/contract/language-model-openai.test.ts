import { testProviderModel } from './provider-model.js';
import { chatWire, responsesWire } from './wires/openai.js';

testProviderModel(chatWire);
testProviderModel(responsesWire);
