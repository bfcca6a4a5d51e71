/** The emoji that the picker offers, a line each, with the names that Unicode gives them and people look for. */
export const emojiGroups: readonly { readonly name: string; readonly emoji: string }[] = [
  {
    name: 'Smileys',
    emoji: `😀 grinning face
😃 smiling face with open mouth
😄 smiling face with open mouth and smiling eyes
😁 grinning face with smiling eyes
😆 smiling face with open mouth and tightly-closed eyes
😅 smiling face with open mouth and cold sweat
🤣 rolling on the floor laughing
😂 face with tears of joy
🙂 slightly smiling face
🙃 upside-down face
😉 winking face
😊 smiling face with smiling eyes
😇 smiling face with halo
🥰 smiling face with smiling eyes and three hearts
😍 smiling face with heart-shaped eyes
🤩 grinning face with star eyes
😘 face throwing a kiss
😗 kissing face
😚 kissing face with closed eyes
😙 kissing face with smiling eyes
🥲 smiling face with tear
😋 face savouring delicious food
😛 face with stuck-out tongue
😜 face with stuck-out tongue and winking eye
🤪 grinning face with one large and one small eye
😝 face with stuck-out tongue and tightly-closed eyes
🤑 money-mouth face
🤗 hugging face
🤭 smiling face with smiling eyes and hand covering mouth
🤫 face with finger covering closed lips
🤔 thinking face
🤐 zipper-mouth face
🤨 face with one eyebrow raised
😐 neutral face
😑 expressionless face
😶 face without mouth
😏 smirking face
😒 unamused face
🙄 face with rolling eyes
😬 grimacing face
😌 relieved face
😔 pensive face
😪 sleepy face
🤤 drooling face
😴 sleeping face
😷 face with medical mask
🤒 face with thermometer
🤕 face with head-bandage
🤢 nauseated face
🤮 face with open mouth vomiting
🤧 sneezing face
🥵 overheated face
🥶 freezing face
🥴 face with uneven eyes and wavy mouth
😵 dizzy face
🤯 shocked face with exploding head
🤠 face with cowboy hat
🥳 face with party horn and party hat
🥸 disguised face
😎 smiling face with sunglasses
🤓 nerd face
🧐 face with monocle
😕 confused face
😟 worried face
🙁 slightly frowning face
😮 face with open mouth
😯 hushed face
😲 astonished face
😳 flushed face
🥺 face with pleading eyes
😦 frowning face with open mouth
😧 anguished face
😨 fearful face
😰 face with open mouth and cold sweat
😥 disappointed but relieved face
😢 crying face
😭 loudly crying face
😱 face screaming in fear
😖 confounded face
😣 persevering face
😞 disappointed face
😓 face with cold sweat
😩 weary face
😫 tired face
🥱 yawning face
😤 face with look of triumph
😡 pouting face
😠 angry face
🤬 serious face with symbols covering mouth
😈 smiling face with horns
👿 imp
💀 skull
💩 pile of poo
🤡 clown face
👻 ghost
👽 extraterrestrial alien
🤖 robot face
😺 smiling cat face with open mouth
😸 grinning cat face with smiling eyes
😹 cat face with tears of joy
😻 smiling cat face with heart-shaped eyes
😼 cat face with wry smile
😽 kissing cat face with closed eyes
🙀 weary cat face
😿 crying cat face
😾 pouting cat face
🙈 see-no-evil monkey
🙉 hear-no-evil monkey
🙊 speak-no-evil monkey`,
  },
  {
    name: 'People',
    emoji: `👋 waving hand
🤚 raised back of hand
✋ raised hand
🖖 raised hand with part between middle and ring fingers
👌 ok hand
🤌 pinched fingers
🤏 pinching hand
🤞 hand with index and middle fingers crossed
🤟 i love you hand
🤘 sign of the horns
🤙 call me hand
👈 white left pointing backhand index
👉 white right pointing backhand index
👆 white up pointing backhand index
👇 white down pointing backhand index
👍 thumbs up
👎 thumbs down
✊ raised fist
👊 fisted hand
🤛 left-facing fist
🤜 right-facing fist
👏 clapping hands
🙌 person raising both hands in celebration
👐 open hands
🤲 palms up together
🤝 handshake
🙏 person with folded hands
💅 nail polish
💪 flexed biceps
👂 ear
👃 nose
🧠 brain
👀 eyes
👅 tongue
👄 mouth
👶 baby
🧒 child
👦 boy
👧 girl
🧑 adult
👱 person with blond hair
👨 man
👩 woman
🧓 older adult
👴 older man
👵 older woman
🙍 person frowning
🙎 person with pouting face
🙅 face with no good gesture
🙆 face with ok gesture
💁 information desk person
🙋 happy person raising one hand
🙇 person bowing deeply
🤦 face palm
🤷 shrug
👮 police officer
👷 construction worker
🎅 father christmas
🦸 superhero
🧙 mage
🧚 fairy
🧛 vampire
🧜 merperson
🧞 genie
🧟 zombie
💆 face massage
💇 haircut
🚶 pedestrian
🏃 runner
💃 dancer
🕺 man dancing
🧘 person in lotus position
👫 man and woman holding hands
👬 two men holding hands
👭 two women holding hands
💏 kiss
💑 couple with heart
👪 family`,
  },
  {
    name: 'Hearts',
    emoji: `❤️ red heart
💘 heart with arrow
💝 heart with ribbon
💖 sparkling heart
💗 growing heart
💓 beating heart
💞 revolving hearts
💕 two hearts
💟 heart decoration
💔 broken heart
🧡 orange heart
💛 yellow heart
💚 green heart
💙 blue heart
💜 purple heart
🤎 brown heart
🖤 black heart
🤍 white heart
💯 hundred points symbol
💢 anger symbol
💥 collision symbol
💫 dizzy symbol
💦 splashing sweat symbol
💨 dash symbol
💬 speech balloon
💭 thought balloon
💤 sleeping symbol`,
  },
  {
    name: 'Nature',
    emoji: `🐵 monkey face
🐶 dog face
🐺 wolf face
🦊 fox face
🦝 raccoon
🐱 cat face
🦁 lion face
🐯 tiger face
🐴 horse face
🦄 unicorn face
🦓 zebra face
🦌 deer
🐮 cow face
🐷 pig face
🐗 boar
🐑 sheep
🐐 goat
🐪 dromedary camel
🦙 llama
🦒 giraffe face
🐘 elephant
🐭 mouse face
🐹 hamster face
🐰 rabbit face
🦔 hedgehog
🦇 bat
🐻 bear face
🐨 koala
🐼 panda face
🦥 sloth
🦦 otter
🦘 kangaroo
🐔 chicken
🐣 hatching chick
🐦 bird
🐧 penguin
🦅 eagle
🦆 duck
🦢 swan
🦉 owl
🐸 frog face
🐊 crocodile
🐢 turtle
🦎 lizard
🐍 snake
🐲 dragon face
🐳 spouting whale
🐬 dolphin
🐟 fish
🐙 octopus
🐚 spiral shell
🐌 snail
🦋 butterfly
🐛 bug
🐜 ant
🐝 honeybee
🐞 lady beetle
🌸 cherry blossom
🌹 rose
🌺 hibiscus
🌻 sunflower
🌼 blossom
🌷 tulip
🌱 seedling
🌲 evergreen tree
🌳 deciduous tree
🌴 palm tree
🌵 cactus
🌾 ear of rice
🍀 four leaf clover
🍁 maple leaf
🍂 fallen leaf
🍃 leaf fluttering in wind
🌍 earth globe europe-africa
🌙 crescent moon
☀️ sun
⭐ star
🌟 glowing star
⚡ high voltage
🔥 fire
🌈 rainbow
☔ umbrella with rain drops
🌊 water wave`,
  },
  {
    name: 'Food',
    emoji: `🍇 grapes
🍈 melon
🍉 watermelon
🍊 tangerine
🍋 lemon
🍌 banana
🍍 pineapple
🥭 mango
🍎 red apple
🍏 green apple
🍐 pear
🍑 peach
🍒 cherries
🍓 strawberry
🥝 kiwifruit
🍅 tomato
🥥 coconut
🥑 avocado
🍆 aubergine
🥔 potato
🥕 carrot
🌽 ear of maize
🥒 cucumber
🥦 broccoli
🧄 garlic
🧅 onion
🍄 mushroom
🥜 peanuts
🍞 bread
🥐 croissant
🥖 baguette bread
🥨 pretzel
🧀 cheese wedge
🍖 meat on bone
🍗 poultry leg
🥩 cut of meat
🥓 bacon
🍔 hamburger
🍟 french fries
🍕 slice of pizza
🌭 hot dog
🥪 sandwich
🌮 taco
🌯 burrito
🥚 egg
🍳 cooking
🥘 shallow pan of food
🍲 pot of food
🥗 green salad
🍿 popcorn
🍱 bento box
🍘 rice cracker
🍙 rice ball
🍚 cooked rice
🍛 curry and rice
🍜 steaming bowl
🍝 spaghetti
🍣 sushi
🍤 fried shrimp
🥟 dumpling
🍦 soft ice cream
🍩 doughnut
🍪 cookie
🎂 birthday cake
🍰 shortcake
🧁 cupcake
🥧 pie
🍫 chocolate bar
🍬 candy
🍭 lollipop
🍯 honey pot
🥛 glass of milk
☕ hot beverage
🍵 teacup without handle
🍶 sake bottle and cup
🍾 bottle with popping cork
🍷 wine glass
🍸 cocktail glass
🍹 tropical drink
🍺 beer mug
🍻 clinking beer mugs
🥂 clinking glasses`,
  },
  {
    name: 'Activities',
    emoji: `🎃 jack-o-lantern
🎄 christmas tree
🎆 fireworks
🎇 firework sparkler
🎈 balloon
🎉 party popper
🎊 confetti ball
🎁 wrapped present
🎀 ribbon
🏆 trophy
🏅 sports medal
🥇 first place medal
🥈 second place medal
🥉 third place medal
⚽ soccer ball
⚾ baseball
🏀 basketball and hoop
🏐 volleyball
🏈 american football
🎾 tennis racquet and ball
🎳 bowling
🏏 cricket bat and ball
🏓 table tennis paddle and ball
🏸 badminton racquet and shuttlecock
🥊 boxing glove
🎯 direct hit
⛳ flag in hole
🎣 fishing pole and fish
🎿 ski and ski boot
🛷 sled
🎮 video game
🎲 game die
🧩 jigsaw puzzle piece
🎭 performing arts
🎨 artist palette
🎬 clapper board
🎤 microphone
🎧 headphone
🎼 musical score
🎹 musical keyboard
🥁 drum with drumsticks
🎷 saxophone
🎺 trumpet
🎸 guitar
🎻 violin`,
  },
  {
    name: 'Travel',
    emoji: `🚗 automobile
🚕 taxi
🚌 bus
🚑 ambulance
🚒 fire engine
🚚 delivery truck
🚜 tractor
🏍️ racing motorcycle
🚲 bicycle
🛴 scooter
🚂 steam locomotive
🚆 train
🚇 metro
🚊 tram
✈️ airplane
🛫 airplane departure
🛬 airplane arriving
🚀 rocket
🛸 flying saucer
🚁 helicopter
⛵ sailboat
🚤 speedboat
🚢 ship
⚓ anchor
🏠 house building
🏡 house with garden
🏢 office building
🏥 hospital
🏫 school
🏭 factory
🏰 european castle
🗼 tokyo tower
⛪ church
🕌 mosque
⛺ tent
🌁 foggy
🌃 night with stars
🌅 sunrise
🌇 sunset over buildings
🎡 ferris wheel
🗺️ world map`,
  },
  {
    name: 'Objects',
    emoji: `⌚ watch
📱 mobile phone
💻 personal computer
⌨️ keyboard
🖥️ desktop computer
🖨️ printer
💾 floppy disk
💿 optical disc
📷 camera
📹 video camera
🎥 movie camera
📞 telephone receiver
📺 television
📻 radio
⏰ alarm clock
⌛ hourglass
⏳ hourglass with flowing sand
🔋 battery
🔌 electric plug
💡 electric light bulb
🔦 electric torch
🕯️ candle
🧯 fire extinguisher
💸 money with wings
💵 banknote with dollar
💳 credit card
💎 gem stone
🔧 wrench
🔨 hammer
🛠️ hammer and wrench
🔩 nut and bolt
⚙️ gear
🧱 brick
🔪 hocho
🚪 door
🛏️ bed
🚿 shower
🛁 bathtub
🧴 lotion bottle
🧹 broom
🧺 basket
🧼 bar of soap
🔑 key
🗝️ old key
📦 package
📫 closed mailbox with raised flag
📬 open mailbox with raised flag
✉️ envelope
📧 e-mail symbol
📜 scroll
📄 page facing up
📅 calendar
📆 tear-off calendar
📈 chart with upwards trend
📉 chart with downwards trend
📊 bar chart
📋 clipboard
📌 pushpin
📍 round pushpin
📎 paperclip
📏 straight ruler
📐 triangular ruler
✂️ black scissors
🔒 lock
🔓 open lock
📚 books
📖 open book
🔖 bookmark
📝 memo
✏️ pencil
🖊️ lower left ballpoint pen
🔍 left-pointing magnifying glass
🔎 right-pointing magnifying glass
🧪 test tube
🔬 microscope
🔭 telescope
📡 satellite antenna
💉 syringe
💊 pill
🩹 adhesive bandage`,
  },
  {
    name: 'Symbols',
    emoji: `✅ white heavy check mark
❌ cross mark
❓ black question mark ornament
❗ heavy exclamation mark symbol
➕ heavy plus
➖ heavy minus
➗ heavy division
♻️ black universal recycling symbol
⚠️ warning
🚫 no entry
⛔ no entry
🔔 bell
🔕 bell with cancellation stroke
🔴 large red circle
🟠 large orange circle
🟡 large yellow circle
🟢 large green circle
🔵 large blue circle
🟣 large purple circle
⚫ medium black circle
⚪ medium white circle
🟥 large red square
🟧 large orange square
🟨 large yellow square
🟩 large green square
🟦 large blue square
🟪 large purple square
⬛ black large square
⬜ white large square
🔶 large orange diamond
🔷 large blue diamond
🆗 squared ok
🆒 squared cool
🆕 squared new
🆓 squared free
🆘 squared sos
🏁 chequered flag
🚩 triangular flag on post
🏳️ waving white flag
🏴 waving black flag`,
  },
];
