/**
 * Test vectors of HPKE in base mode: RFC 9180 appendix A, and for AES-256-GCM with the KEMs X25519 and P-256
 * the same authors' larger set, as crypto/hpke/hpke_test_vectors.txt of BoringSSL has it.
 */

import { fromHex } from '../../src/bytes/index.ts'

/** The `info` of every context. */
export const HPKE_INFO: Uint8Array = fromHex('4f6465206f6e2061204772656369616e2055726e')
/** The plaintext of every encryption. */
export const HPKE_PLAINTEXT: Uint8Array = fromHex('4265617574792069732074727574682c20747275746820626561757479')

/** Names as in the RFC; all values in hex. */
export interface HpkeVector {
  /** KEM, KDF, AEAD. */
  readonly suite: readonly [number, number, number]
  /** At least one of the two. */
  readonly ikmE?: string
  readonly skEm?: string
  readonly enc: string
  readonly ikmR: string
  readonly skRm: string
  readonly pkRm: string
  /** Sequence number, additional data, ciphertext. */
  readonly ciphertexts: readonly (readonly [number, string, string])[]
  /** Context, value of 32 bytes. */
  readonly exports: readonly (readonly [string, string])[]
}

/** One for each suite. */
export const HPKE_VECTORS: readonly HpkeVector[] = [
  {
    suite: [32, 1, 1],
    ikmE: '7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234',
    skEm: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
    enc: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
    ikmR: '6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037',
    skRm: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
    pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
      ],
      [
        1,
        '436f756e742d31',
        'af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84',
      ],
      [
        2,
        '436f756e742d32',
        '498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180',
      ],
      [
        256,
        '436f756e742d323536',
        '957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2df9f2',
      ],
    ],
    exports: [
      ['', '3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee'],
      ['00', '2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5'],
      ['54657374436f6e74657874', 'e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931'],
    ],
  },
  {
    suite: [32, 1, 3],
    ikmE: '909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b',
    skEm: 'f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600',
    enc: '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a',
    ikmR: '1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df',
    skRm: '8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb',
    pkRm: '4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
      ],
      [
        1,
        '436f756e742d31',
        '6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c',
      ],
      [
        2,
        '436f756e742d32',
        '71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b',
      ],
      [
        256,
        '436f756e742d323536',
        '7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b',
      ],
    ],
    exports: [
      ['', '4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e'],
      ['00', '8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69'],
      ['54657374436f6e74657874', '5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53'],
    ],
  },
  {
    suite: [16, 1, 1],
    ikmE: '4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e',
    skEm: '4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb',
    enc: '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
    ikmR: '668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550',
    skRm: 'f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2',
    pkRm: '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        '5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434',
      ],
      [
        1,
        '436f756e742d31',
        'fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3cd655b28e82',
      ],
      [
        2,
        '436f756e742d32',
        '895cabfac50ce6c6eb02ffe6c048bf53b7f7be9a91fc559402cbc5b8dcaeb52b2ccc93e466c28fb55fed7a7fec',
      ],
      [
        256,
        '436f756e742d323536',
        '10f179686aa2caec1758c8e554513f16472bd0a11e2a907dde0b212cbe87d74f367f8ffe5e41cd3e9962a6afb2',
      ],
    ],
    exports: [
      ['', '5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d'],
      ['00', '6cff87658931bda83dc857e6353efe4987a201b849658d9b047aab4cf216e796'],
      ['54657374436f6e74657874', 'd8f1ea7942adbba7412c6d431c62d01371ea476b823eb697e1f6e6cae1dab85a'],
    ],
  },
  {
    suite: [16, 3, 1],
    ikmE: '4ab11a9dd78c39668f7038f921ffc0993b368171d3ddde8031501ee1e08c4c9a',
    skEm: '2292bf14bb6e15b8c81a0f45b7a6e93e32d830e48cca702e0affcfb4d07e1b5c',
    enc: '0493ed86735bdfb978cc055c98b45695ad7ce61ce748f4dd63c525a3b8d53a15565c6897888070070c1579db1f86aaa56deb8297e64db7e8924e72866f9a472580',
    ikmR: 'ea9ff7cc5b2705b188841c7ace169290ff312a9cb31467784ca92d7a2e6e1be8',
    skRm: '3ac8530ad1b01885960fab38cf3cdc4f7aef121eaa239f222623614b4079fb38',
    pkRm: '04085aa5b665dc3826f9650ccbcc471be268c8ada866422f739e2d531d4a8818a9466bc6b449357096232919ec4fe9070ccbac4aac30f4a1a53efcf7af90610edd',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        'd3cf4984931484a080f74c1bb2a6782700dc1fef9abe8442e44a6f09044c88907200b332003543754eb51917ba',
      ],
      [
        1,
        '436f756e742d31',
        'd14414555a47269dfead9fbf26abb303365e40709a4ed16eaefe1f2070f1ddeb1bdd94d9e41186f124e0acc62d',
      ],
      [
        2,
        '436f756e742d32',
        '9bba136cade5c4069707ba91a61932e2cbedda2d9c7bdc33515aa01dd0e0f7e9d3579bf4016dec37da4aafa800',
      ],
      [
        256,
        '436f756e742d323536',
        '62092672f5328a0dde095e57435edf7457ace60b26ee44c9291110ec135cb0e14b85594e4fea11247d937deb62',
      ],
    ],
    exports: [
      ['', 'a32186b8946f61aeead1c093fe614945f85833b165b28c46bf271abf16b57208'],
      ['00', '84998b304a0ea2f11809398755f0abd5f9d2c141d1822def79dd15c194803c2a'],
      ['54657374436f6e74657874', '93fb9411430b2cfa2cf0bed448c46922a5be9beff20e2e621df7e4655852edbc'],
    ],
  },
  {
    suite: [16, 1, 3],
    ikmE: 'f1f1a3bc95416871539ecb51c3a8f0cf608afb40fbbe305c0a72819d35c33f1f',
    skEm: '7550253e1147aae48839c1f8af80d2770fb7a4c763afe7d0afa7e0f42a5b3689',
    enc: '04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824fc1559eac6fb9e3c70cd3193968994e7fe9781aa103f5b50e934b5b2f387e381291',
    ikmR: '61092f3f56994dd424405899154a9918353e3e008171517ad576b900ddb275e7',
    skRm: 'a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b',
    pkRm: '04a697bffde9405c992883c5c439d6cc358170b51af72812333b015621dc0f40bad9bb726f68a5c013806a790ec716ab8669f84f6b694596c2987cf35baba2a006',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        '6469c41c5c81d3aa85432531ecf6460ec945bde1eb428cb2fedf7a29f5a685b4ccb0d057f03ea2952a27bb458b',
      ],
      [
        1,
        '436f756e742d31',
        'f1564199f7e0e110ec9c1bcdde332177fc35c1adf6e57f8d1df24022227ffa8716862dbda2b1dc546c9d114374',
      ],
      [
        2,
        '436f756e742d32',
        '39de89728bcb774269f882af8dc5369e4f3d6322d986e872b3a8d074c7c18e8549ff3f85b6d6592ff87c3f310c',
      ],
      [
        256,
        '436f756e742d323536',
        'b45b69d419a9be7219d8c94365b89ad6951caf4576ea4774ea40e9b7047a09d6537d1aa2f7c12d6ae4b729b4d0',
      ],
    ],
    exports: [
      ['', '9b13c510416ac977b553bf1741018809c246a695f45eff6d3b0356dbefe1e660'],
      ['00', '6c8b7be3a20a5684edecb4253619d9051ce8583baf850e0cb53c402bdcaf8ebb'],
      ['54657374436f6e74657874', '477a50d804c7c51941f69b8e32fe8288386ee1a84905fe4938d58972f24ac938'],
    ],
  },
  {
    suite: [18, 3, 2],
    ikmE: '7f06ab8215105fc46aceeb2e3dc5028b44364f960426eb0d8e4026c2f8b5d7e7a986688f1591abf5ab753c357a5d6f0440414b4ed4ede71317772ac98d9239f70904',
    skEm: '014784c692da35df6ecde98ee43ac425dbdd0969c0c72b42f2e708ab9d535415a8569bdacfcc0a114c85b8e3f26acf4d68115f8c91a66178cdbd03b7bcc5291e374b',
    enc: '040138b385ca16bb0d5fa0c0665fbbd7e69e3ee29f63991d3e9b5fa740aab8900aaeed46ed73a49055758425a0ce36507c54b29cc5b85a5cee6bae0cf1c21f2731ece2013dc3fb7c8d21654bb161b463962ca19e8c654ff24c94dd2898de12051f1ed0692237fb02b2f8d1dc1c73e9b366b529eb436e98a996ee522aef863dd5739d2f29b0',
    ikmR: '2ad954bbe39b7122529f7dde780bff626cd97f850d0784a432784e69d86eccaade43b6c10a8ffdb94bf943c6da479db137914ec835a7e715e36e45e29b587bab3bf1',
    skRm: '01462680369ae375e4b3791070a7458ed527842f6a98a79ff5e0d4cbde83c27196a3916956655523a6a2556a7af62c5cadabe2ef9da3760bb21e005202f7b2462847',
    pkRm: '0401b45498c1714e2dce167d3caf162e45e0642afc7ed435df7902ccae0e84ba0f7d373f646b7738bbbdca11ed91bdeae3cdcba3301f2457be452f271fa6837580e661012af49583a62e48d44bed350c7118c0d8dc861c238c72a2bda17f64704f464b57338e7f40b60959480c0e58e6559b190d81663ed816e523b6b6a418f66d2451ec64',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        '170f8beddfe949b75ef9c387e201baf4132fa7374593dfafa90768788b7b2b200aafcc6d80ea4c795a7c5b841a',
      ],
      [
        1,
        '436f756e742d31',
        'd9ee248e220ca24ac00bbbe7e221a832e4f7fa64c4fbab3945b6f3af0c5ecd5e16815b328be4954a05fd352256',
      ],
      [
        2,
        '436f756e742d32',
        '142cf1e02d1f58d9285f2af7dcfa44f7c3f2d15c73d460c48c6e0e506a3144bae35284e7e221105b61d24e1c7a',
      ],
      [
        256,
        '436f756e742d323536',
        'dbbfc44ae037864e75f136e8b4b4123351d480e6619ae0e0ae437f036f2f8f1ef677686323977a1ccbb4b4f16a',
      ],
    ],
    exports: [
      ['', '05e2e5bd9f0c30832b80a279ff211cc65eceb0d97001524085d609ead60d0412'],
      ['00', 'fca69744bb537f5b7a1596dbf34eaa8d84bf2e3ee7f1a155d41bd3624aa92b63'],
      ['54657374436f6e74657874', 'f389beaac6fcf6c0d9376e20f97e364f0609a88f1bc76d7328e9104df8477013'],
    ],
  },
  {
    suite: [32, 1, 2],
    skEm: '179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11',
    enc: '6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256',
    ikmR: 'dac33b0e9db1b59dbbea58d59a14e7b5896e9bdf98fad6891e99d1686492b9ee',
    skRm: '497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d',
    pkRm: '430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        'e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a',
      ],
      [
        1,
        '436f756e742d31',
        '2c43aff25343fdbff864506f0818b9d87df84ea01b1a2144d23b4d40c26bf655fdf197fe40297a8aebeed5cc2d',
      ],
      [
        2,
        '436f756e742d32',
        'e0a8f2cf92ff61215edbb8c55dc31fe9e2eb42a5685867bb6854211542099f9e940c4b41c192bc390835b1a5f7',
      ],
      [
        256,
        '436f756e742d323536',
        '53624f4f9f173453b14e633b45390ff54cacaa4428d44baee1bff8133fab1ab3afe60f88e4634b525c54e92eda',
      ],
    ],
    exports: [
      ['', 'ded6cffafaea6b812cbf3e241e88332adbc077aca81512914213810ee291770a'],
      ['00', '04d3cb6cc116b28ffd22ad5bc276c60d31fec71ceb87ae24db811c64b7507339'],
      ['54657374436f6e74657874', '7c5ded445732c14fe09727d29b4251c0fd38455fe8440571e687f0886aac94d2'],
    ],
  },
  {
    suite: [16, 1, 2],
    ikmE: 'a90d3417c3da9cb6c6ae19b4b5dd6cc9529a4cc24efb7ae0ace1f31887a8cd6c',
    enc: '04c06b4f6bebc7bb495cb797ab753f911aff80aefb86fd8b6fcc35525f3ab5f03e0b21bd31a86c6048af3cb2d98e0d3bf01da5cc4c39ff5370d331a4f1f7d5a4e0',
    ikmR: 'a0ce15d49e28bd47a18a97e147582d814b08cbe00109fed5ec27d1b4e9f6f5e3',
    skRm: '317f915db7bc629c48fe765587897e01e282d3e8445f79f27f65d031a88082b2',
    pkRm: '04abc7e49a4c6b3566d77d0304addc6ed0e98512ffccf505e6a8e3eb25c685136f853148544876de76c0f2ef99cdc3a05ccf5ded7860c7c021238f9e2073d2356c',
    ciphertexts: [
      [
        0,
        '436f756e742d30',
        '58c61a45059d0c5704560e9d88b564a8b63f1364b8d1fcb3c4c6ddc1d291742465e902cd216f8908da49f8f96f',
      ],
      [
        1,
        '436f756e742d31',
        'b4e7c90d1dd62cb563694956eb517ab55d5e7d1f6366a0066c04ababaa444dbaf60a30d7bb7d3e91b969762dee',
      ],
      [
        2,
        '436f756e742d32',
        '65463cc0e5fd16e1650a55fb37d5b6fe6e5ac5b6f6e8c2640cfb0fcd528dc37bc0963b5c53d6238c42d447ddf4',
      ],
      [
        256,
        '436f756e742d323536',
        'fcc4c798b73d45d4a241f4d05886befed63b8bdf0252454072c9f6170f6e262f2738cf2ea290053b2181ad46d6',
      ],
    ],
    exports: [
      ['', '7a4c2b89e1909fb0e3ca42d5040f4c2d8346dc0643d787b8474e804f8f72798e'],
      ['00', '3ca0e7e10b601a32edd2f91c49bac766892c52bde2df01a6126320c6e6eb8af1'],
      ['54657374436f6e74657874', '76c6b4f404990ae362be3efe0d60d9669d87017f9dfe33b8c2ed9fd31d295182'],
    ],
  },
]
