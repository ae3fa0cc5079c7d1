/**
 * What is taken for an injection without being told (GRD-04): English phrases, of plain text (`plain-text.ts`). Words may stand apart by anything that is
 * no letter. They catch what is tried again and again, and no more: whoever means it finds other words.
 *
 * Every expression is linear: repeats are counted, and what repeats cannot be what follows (gate `regular-expressions`).
 */
export type InjectionGroup = 'instruction override' | 'role manipulation' | 'system prompt' | 'jailbreak' | 'hidden markers';

export const PHRASES: Readonly<Record<Exclude<InjectionGroup, 'hidden markers'>, readonly RegExp[]>> = {
  'instruction override': [
    /\b(?:ignore|disregard|forget|override|overrule|bypass|neglect|drop)[^a-z0-9]{1,8}(?:(?:all|any|every|each|the|of|your|my|our|these|those|this|that|previous|previously|prior|preceding|earlier|above|former|original|initial|existing|current|other|system|safety|given|stated|listed)[^a-z0-9]{1,8}){1,8}(?:instructions?|prompts?|rules|directions|directives?|guidelines|commands?|orders|constraints|restrictions|policies|programming|training|safeguards|guardrails)\b/g,
    /\b(?:ignore|disregard|forget)[^a-z0-9]{1,8}(?:everything|anything|all|what(?:ever)?)[^a-z0-9]{1,8}(?:that[^a-z0-9]{1,8})?(?:above|before|prior|previous(?:ly)?|earlier|so[^a-z0-9]{1,8}far|(?:you|i|they|we)[^a-z0-9]{1,8}(?:(?:have|has|had|were|was|been|are)[^a-z0-9]{1,8}){0,2}(?:know|knew|told|said|learned|learnt|taught|instructed|given|wrote|trained))\b/g,
    /\b(?:do[^a-z0-9]{1,8}not|don[^a-z0-9]{0,8}t|never|stop)[^a-z0-9]{1,8}(?:follow(?:ing)?|obey(?:ing)?|listen(?:ing)?[^a-z0-9]{1,8}to)[^a-z0-9]{1,8}(?:(?:all|any|the|of|your|these|those|previous|prior|earlier|above|original|system)[^a-z0-9]{1,8}){1,5}(?:instructions?|prompts?|rules|directives?|guidelines|orders)\b/g,
    /\b(?:new|updated|revised|real|actual)[^a-z0-9]{1,8}(?:system[^a-z0-9]{1,8})?(?:instructions?|directives?|orders)[ \t]{0,8}(?::|(?:are|is)[ \t]{0,8}:|follow[ \t]{0,8}:)/g,
    /\b(?:your|these)[^a-z0-9]{1,8}new[^a-z0-9]{1,8}(?:instructions?|directives?|role|task|goal)[^a-z0-9]{1,8}(?:are|is)\b/g,
  ],
  'role manipulation': [
    /\byou[^a-z0-9]{1,8}(?:are|re)[^a-z0-9]{1,8}now[^a-z0-9]{1,8}(?:an?|the|my|in|no[^a-z0-9]{1,8}longer|not|free|dan|stan|unrestricted|unfiltered|uncensored|jailbroken|evil|root|admin|operating|acting|going[^a-z0-9]{1,8}to[^a-z0-9]{1,8}(?:act|pretend))\b/g,
    /\bpretend[^a-z0-9]{1,8}(?:to[^a-z0-9]{1,8}be|(?:that[^a-z0-9]{1,8})?(?:you[^a-z0-9]{1,8}(?:are|re|have|can|do)|there[^a-z0-9]{1,8}are[^a-z0-9]{1,8}no))\b/g,
    /\bact[^a-z0-9]{1,8}(?:as[^a-z0-9]{1,8}(?:if|though)[^a-z0-9]{1,8}you[^a-z0-9]{1,8}(?:are|were|have|had)|as[^a-z0-9]{1,8}(?:an?[^a-z0-9]{1,8})?(?:unrestricted|unfiltered|uncensored|evil|malicious|amoral|jailbroken|rogue|dan|root|different[^a-z0-9]{1,8}(?:ai|assistant|model))|like[^a-z0-9]{1,8}you[^a-z0-9]{1,8}(?:have|are)[^a-z0-9]{1,8}(?:no|not|free))\b/g,
    /\bfrom[^a-z0-9]{1,8}now[^a-z0-9]{1,8}on[^a-z0-9]{1,8}you[^a-z0-9]{1,8}(?:are|act|behave|have[^a-z0-9]{1,8}no|(?:will|must|shall)[^a-z0-9]{1,8}(?:act|be|behave|pretend|obey|ignore|only[^a-z0-9]{1,8}obey))\b/g,
    /\byou[^a-z0-9]{1,8}(?:are|re)[^a-z0-9]{1,8}no[^a-z0-9]{1,8}longer[^a-z0-9]{1,8}(?:an?|the|bound|restricted|limited|required|subject)\b/g,
    /\b(?:switch|change)[^a-z0-9]{1,8}(?:your[^a-z0-9]{1,8})?(?:role|persona|identity)[^a-z0-9]{1,8}to\b/g,
  ],
  'system prompt': [
    /(?:^|\n)[ \t#*>]{0,8}\[?(?:system|developer)(?:[ \t]{1,4}(?:prompt|message|instructions?|override|update|notice))?\]?[ \t*]{0,4}:/g,
    /(?:^|\n)[ \t#*>]{0,8}\[(?:system|developer|assistant)(?:[ \t]{1,4}(?:prompt|message|instructions?|override|update|notice))?\]/g,
    /(?:^|\n)#{1,6}[ \t]{0,4}(?:system|developer)(?:[ \t]{1,4}(?:prompt|message|instructions?))?[ \t]{0,4}(?=\n|$)/g,
    /\b(?:reveal|show|print|repeat|output|display|dump|leak|expose|recite|tell[^a-z0-9]{1,8}(?:me|us)|give[^a-z0-9]{1,8}(?:me|us)|what[^a-z0-9]{1,8}(?:is|are|was|were))[^a-z0-9]{1,8}(?:(?:me|us|all|of|the|your|its|full|entire|exact|complete|original|initial|hidden|secret|internal|above|verbatim)[^a-z0-9]{1,8}){0,6}(?:system[^a-z0-9]{1,8}(?:prompt|message|instructions?)|(?:initial|hidden|secret|original|internal)[^a-z0-9]{1,8}(?:prompt|instructions?))\b/g,
    /\bsystem[^a-z0-9]{1,8}(?:override|prompt[^a-z0-9]{1,8}(?:override|injection|update))\b/g,
  ],
  jailbreak: [
    /\b(?:jailbreak|jailbroken|do[^a-z0-9]{1,8}anything[^a-z0-9]{1,8}now|god[^a-z0-9]{1,8}mode|dan[^a-z0-9]{1,8}mode|evil[^a-z0-9]{1,8}mode|(?:unrestricted|unfiltered|uncensored)[^a-z0-9]{1,8}(?:mode|ai|assistant|response|responses|answer|answers)|debug[^a-z0-9]{1,8}mode[^a-z0-9]{1,8}(?:enabled|activated|on))\b/g,
    /\bdeveloper[^a-z0-9]{1,8}mode[^a-z0-9]{1,8}(?:enabled|activated|output|unlocked)\b/g,
    /\b(?:enable|enter|activate|unlock|switch[^a-z0-9]{1,8}to|turn[^a-z0-9]{1,8}on|go[^a-z0-9]{1,8}into|you[^a-z0-9]{1,8}are[^a-z0-9]{1,8}in)[^a-z0-9]{1,8}(?:the[^a-z0-9]{1,8})?developer[^a-z0-9]{1,8}mode\b(?![^a-z0-9.!?;]{1,8}(?:on|in|for|of)[^a-z0-9]{1,8})/g,
    /\b(?:disable|remove|turn[^a-z0-9]{1,8}off|switch[^a-z0-9]{1,8}off|deactivate|bypass|circumvent|without)[^a-z0-9]{1,8}(?:(?:all|any|of|your|the|its)[^a-z0-9]{1,8}){1,4}(?:(?:safety|content|ethical|moral|security|built[^a-z0-9]{1,8}in|usual|normal)[^a-z0-9]{1,8}){0,3}(?:filters?|restrictions|safeguards?|guardrails?|guidelines|censorship|limitations|protocols|safety[^a-z0-9]{1,8}(?:measures|checks))\b/g,
    /\b(?:you[^a-z0-9]{1,8}have|with|there[^a-z0-9]{1,8}are)[^a-z0-9]{1,8}no[^a-z0-9]{1,8}(?:(?:ethical|moral|content|safety)[^a-z0-9]{1,8}){0,2}(?:restrictions|filters?|guidelines|limitations|censorship|rules[^a-z0-9]{1,8}(?:to[^a-z0-9]{1,8}follow|anymore))\b/g,
  ],
};

/** Of the text as it is written: signs that models have for where a speaker begins, and tags that claim to be from somebody else. */
export const MARKERS: readonly RegExp[] = [
  /<\|[a-z_]{2,40}\|>/gi,
  /<<\/?sys>>|\[\/?inst\]/gi,
  /<\/?(?:system|sys|instructions?|developer|assistant|admin|prompt|system[_-]?(?:prompt|message|instructions?|override)|hidden|secret|override|important_instructions?)(?:\s[^<>]{0,200})?\/?>/gi,
];
